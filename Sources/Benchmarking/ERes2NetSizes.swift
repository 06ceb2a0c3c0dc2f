/// The sizes of the speaker embedding that v2Pro needs, ERes2NetV2 w24 s4 ep4.
struct ERes2NetSizes {
    /// Channels of the first stage; each further one has twice as many.
    var width = 64
    /// Blocks of each stage.
    var blocks = [3, 4, 6, 3]
    /// Channels of a part of a block's middle, of 64 of the stage's.
    var baseWidth = 24
    /// Parts of a block's middle.
    var parts = 4
    /// A block's output channels, as a multiple of the stage's.
    var expansion = 4
    /// Width of the pooled embedding, which v2Pro does not use.
    var pooledWidth = 192

    /// Width of the embedding that v2Pro takes.
    var embeddingWidth: Int { 8 * width * expansion * 10 }

    /// The tensors, in float32 as published.
    var plan: WeightPlan {
        var plan = WeightPlan()
        plan.isSingle = true
        plan.addConvolution("conv1", [width, 1, 3, 3])
        plan.addBatchNorm("bn1", width: width)
        var input = width
        for (stage, count) in blocks.enumerated() {
            let planes = width << stage
            for block in 0..<count {
                let place = "layer\(stage + 1).\(block)"
                addBlock(place, from: input, planes: planes, isFused: stage >= 2, isFirst: block == 0, to: &plan)
                input = planes * expansion
            }
        }
        let output = 8 * width * expansion
        plan.addConvolution("layer3_ds", [output, output / 2, 3, 3])
        Self.addFusion("fuse34", width: output, to: &plan)
        plan.addLayer("seg_1", [pooledWidth, 2 * embeddingWidth])
        return plan
    }

    private func addBlock(
        _ place: String, from input: Int, planes: Int, isFused: Bool, isFirst: Bool, to plan: inout WeightPlan
    ) {
        let part = planes * baseWidth / 64
        let (middle, output) = (part * parts, planes * expansion)
        plan.addConvolution("\(place).conv1", [middle, input, 1, 1])
        plan.addBatchNorm("\(place).bn1", width: middle)
        for index in 0..<parts {
            plan.addConvolution("\(place).convs.\(index)", [part, part, 3, 3])
            plan.addBatchNorm("\(place).bns.\(index)", width: part)
        }
        if isFused {
            for index in 0..<parts - 1 { Self.addFusion("\(place).fuse_models.\(index)", width: part, to: &plan) }
        }
        plan.addConvolution("\(place).conv3", [output, middle, 1, 1])
        plan.addBatchNorm("\(place).bn3", width: output)
        if isFirst {
            plan.addConvolution("\(place).shortcut.0", [output, input, 1, 1])
            plan.addBatchNorm("\(place).shortcut.1", width: output)
        }
    }

    private static func addFusion(_ place: String, width: Int, to plan: inout WeightPlan) {
        let inner = width / 4
        plan.addLayer("\(place).local_att.0", [inner, 2 * width, 1, 1])
        plan.addBatchNorm("\(place).local_att.1", width: inner)
        plan.addLayer("\(place).local_att.3", [width, inner, 1, 1])
        plan.addBatchNorm("\(place).local_att.4", width: width)
    }
}

extension WeightPlan {
    /// A convolution without a bias, before a batch normalisation.
    fileprivate mutating func addConvolution(_ name: String, _ shape: [Int]) {
        addLayer(name, shape, hasBias: false)
    }

    /// A batch normalisation that changes next to nothing.
    fileprivate mutating func addBatchNorm(_ name: String, width: Int) {
        addNorm(name, width: width)
        add("\(name).running_mean", [width], value: 0)
        add("\(name).running_var", [width], value: 1)
    }
}
