/// `config.json` and the tensors of AP-BWE from 24 to 48 kHz.
struct BandExtensionFiles: Encodable {
    var width = 512
    var blockCount = 8
    var transformLength = 1024
    var hopLength = 80
    var windowLength = 320
    var outputRate = 48_000
    var inputRate = 24_000

    enum CodingKeys: String, CodingKey {
        case width = "ConvNeXt_channels"
        case blockCount = "ConvNeXt_layers"
        case transformLength = "n_fft"
        case hopLength = "hop_size"
        case windowLength = "win_size"
        case outputRate = "hr_sampling_rate"
        case inputRate = "lr_sampling_rate"
    }

    /// The tensors, in float32 as published.
    var plan: WeightPlan {
        let (kernel, bins) = (7, transformLength / 2 + 1)
        var plan = WeightPlan()
        plan.isSingle = true
        for stream in ["mag", "pha"] {
            plan.addLayer("conv_pre_\(stream)", [width, bins, kernel])
            plan.addNorm("norm_pre_\(stream)", width: width)
            for index in 0..<blockCount {
                let block = "convnext_\(stream).\(index)"
                plan.add("\(block).gamma", [width], value: 1 / Double(blockCount))
                plan.addLayer("\(block).dwconv", [width, 1, kernel])
                plan.addNorm("\(block).norm", width: width)
                plan.addLayer("\(block).pwconv1", [3 * width, width])
                plan.addLayer("\(block).pwconv2", [width, 3 * width])
            }
            plan.addNorm("norm_post_\(stream)", width: width)
        }
        plan.addLayer("linear_post_mag", [bins, width], gain: 0.1)
        for part in ["r", "i"] { plan.addLayer("linear_post_pha_\(part)", [bins, width]) }
        return plan
    }
}
