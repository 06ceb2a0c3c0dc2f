import Models

/// `config.json` and the tensors of bigvgan_v2_24khz_100band_256x.
struct BigVGANFiles: Encodable {
    var resblock = "1"
    var numMels = 100
    var upsampleInitialChannel = 1536
    var upsampleRates = [4, 4, 2, 2, 2, 2]
    var upsampleKernelSizes = [8, 8, 4, 4, 4, 4]
    var resblockKernelSizes = [3, 7, 11]
    var resblockDilationSizes = [[1, 3, 5], [1, 3, 5], [1, 3, 5]]
    var useTanhAtFinal = false
    var useBiasAtFinal = false
    var activation = "snakebeta"
    var snakeLogscale = true
    var nFft = 1024
    var hopSize = 256
    var winSize = 1024
    var samplingRate = 24_000

    var plan: WeightPlan {
        .bigVGAN(
            WaveDecoderSizes(
                inputWidth: numMels, width: upsampleInitialChannel,
                upsamplings: zip(upsampleRates, upsampleKernelSizes).map { .init(rate: $0, kernel: $1) },
                residualBlocks: zip(resblockKernelSizes, resblockDilationSizes).map {
                    .init(kernel: $0, dilations: $1)
                }))
    }
}
