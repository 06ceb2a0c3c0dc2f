import Models

extension WeightPlan {
    /// Width of the first and the last convolution of a decoder to samples.
    static let outerKernel = 7

    /// The tensors of the v4 vocoder, which has no weight normalisation.
    static func hifiGAN(_ sizes: WaveDecoderSizes) -> WeightPlan {
        var plan = WeightPlan()
        plan.isSingle = true
        plan.addLayer("conv_pre", [sizes.width, sizes.inputWidth, outerKernel])
        let width = plan.addStages(sizes, under: "", isNormalized: false, upsampling: { "ups.\($0)" })
        plan.addLayer("conv_post", [1, width, outerKernel], gain: 0.1)
        return plan
    }

    /// The tensors of BigVGAN v2, without the filters, which are computed where they are missing.
    static func bigVGAN(_ sizes: WaveDecoderSizes) -> WeightPlan {
        var plan = WeightPlan()
        plan.isSingle = true
        plan.addNormalizedLayer("conv_pre", [sizes.width, sizes.inputWidth, outerKernel])
        let width = plan.addStages(sizes, under: "", hasActivations: true, upsampling: { "ups.\($0).0" })
        plan.addActivation("activation_post", width: width)
        plan.addNormalizedLayer("conv_post", [1, width, outerKernel], gain: 0.1, hasBias: false)
        return plan
    }

    /// Upsampling convolutions and residual blocks; answers with the channels that come out.
    ///
    /// - Parameter upsampling: the name of a stage's convolution.
    @discardableResult
    mutating func addStages(
        _ sizes: WaveDecoderSizes, under prefix: String, isNormalized: Bool = true, hasActivations: Bool = false,
        upsampling: (Int) -> String
    ) -> Int {
        var width = sizes.width
        var block = 0
        for (index, stage) in sizes.upsamplings.enumerated() {
            let name = prefix + upsampling(index)
            let shape = [width, width / 2, stage.kernel]
            // Transposed: each output sample sees the inputs of `taps` frames, and magnitudes belong to inputs.
            let inputs = width * ((stage.kernel + stage.rate - 1) / stage.rate)
            add("\(name).bias", [width / 2], value: 0)
            if isNormalized {
                let magnitude = (Double(width / 2 * stage.kernel) / Double(inputs)).squareRoot()
                add("\(name).weight_g", [width, 1, 1], value: magnitude)
                add("\(name).weight_v", shape, deviation: 0.1)
            } else {
                add("\(name).weight", shape, deviation: 1 / Double(inputs).squareRoot())
            }
            width /= 2
            for kind in sizes.residualBlocks {
                let place = "\(prefix)resblocks.\(block)"
                for part in ["convs1", "convs2"] {
                    for pair in kind.dilations.indices {
                        let shape = [width, width, kind.kernel]
                        if isNormalized {
                            addNormalizedLayer("\(place).\(part).\(pair)", shape, gain: 0.5)
                        } else {
                            addLayer("\(place).\(part).\(pair)", shape, gain: 0.5)
                        }
                    }
                }
                if hasActivations {
                    for index in 0..<2 * kind.dilations.count {
                        addActivation("\(place).activations.\(index)", width: width)
                    }
                }
                block += 1
            }
        }
        return width
    }

    /// Logarithms of frequency and magnitude.
    private mutating func addActivation(_ name: String, width: Int) {
        for parameter in ["alpha", "beta"] { add("\(name).act.\(parameter)", [width], value: 0) }
    }
}
