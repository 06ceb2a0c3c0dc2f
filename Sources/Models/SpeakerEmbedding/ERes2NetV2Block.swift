import Torch

/// A residual block whose middle convolutions each see what the one before made of its neighbouring channels.
///
/// Follows `BasicBlockERes2NetV2` and `BasicBlockERes2NetV2AFF` (GPT-SoVITS `eres2net/ERes2NetV2.py`).
struct ERes2NetV2Block {
    /// Activations end here.
    static let ceiling = 20.0

    private let input: NormalizedConvolution
    private let convolutions: [NormalizedConvolution]
    /// Between the convolutions; empty where they are joined by a sum.
    private let fusions: [AttentionalFusion]
    private let output: NormalizedConvolution
    private let shortcut: NormalizedConvolution?
    /// Channels of each part of the middle.
    private let partWidth: Int

    /// Number of output channels.
    var outputWidth: Int { output.outputWidth }
    /// How many points on each side of one, along either axis and counted in output points, it depends on.
    var reach: Int { convolutions.count }

    init(_ weights: WeightScope, from width: Int, stride: Int) throws(TorchError) {
        input = try NormalizedConvolution(
            weights["conv1"], normalization: weights["bn1"], from: width, kernel: 1, stride: stride)
        let parts = weights["convs"].listCount()
        guard parts > 0, input.outputWidth % parts == 0 else {
            throw TorchError(
                .weights, "\(weights.prefix)conv1: \(input.outputWidth) channels do not divide among \(parts) convs")
        }
        let partWidth = input.outputWidth / parts
        self.partWidth = partWidth
        convolutions = try (0..<parts).map { index throws(TorchError) in
            try NormalizedConvolution(
                weights["convs"][index], normalization: weights["bns"][index], from: partWidth, to: partWidth,
                kernel: 3)
        }
        let isFused = weights["fuse_models"].listCount() > 0
        fusions = try (0..<(isFused ? parts - 1 : 0)).map { index throws(TorchError) in
            try AttentionalFusion(weights["fuse_models"][index], width: partWidth)
        }
        output = try NormalizedConvolution(
            weights["conv3"], normalization: weights["bn3"], from: input.outputWidth, kernel: 1)
        if weights["shortcut"].contains("0.weight") {
            shortcut = try NormalizedConvolution(
                weights["shortcut"][0], normalization: weights["shortcut"][1], from: width, to: output.outputWidth,
                kernel: 1, stride: stride)
        } else {
            guard stride == 1, width == output.outputWidth else {
                throw TorchError(.weights, "the checkpoint has no tensor \(weights.prefix)shortcut.0.weight")
            }
            shortcut = nil
        }
    }

    /// `[1, in, bands, frames]` → `[1, out, ⌈bands / stride⌉, ⌈frames / stride⌉]`.
    func callAsFunction(_ features: Tensor) throws(TorchError) -> Tensor {
        let parts = try Self.activated(input(features)).chunk(convolutions.count, dimension: 1)
        var results: [Tensor] = []
        for (index, (part, convolution)) in zip(parts, convolutions).enumerated() {
            var entering = part
            if let previous = results.last {
                entering = try fusions.isEmpty ? previous + part : fusions[index - 1](previous, part)
            }
            results.append(try Self.activated(convolution(entering)))
        }
        let result = try output(Tensor.concatenate(results, dimension: 1))
        try result.add(inPlace: shortcut?(features) ?? features)
        return try Self.activated(result)
    }

    private static func activated(_ features: Tensor) throws(TorchError) -> Tensor {
        try features.clamp(inPlaceLow: 0, high: ceiling)
    }
}

/// A sum of two features, weighted at each point by what both show there.
///
/// Follows `AFF` (GPT-SoVITS `eres2net/fusion.py`; Dai et al. 2021, <https://arxiv.org/abs/2009.14082>).
struct AttentionalFusion {
    private let input: NormalizedConvolution
    private let output: NormalizedConvolution

    init(_ weights: WeightScope, width: Int) throws(TorchError) {
        let attention = weights["local_att"]
        input = try NormalizedConvolution(
            attention[0], normalization: attention[1], from: 2 * width, kernel: 1, hasBias: true)
        output = try NormalizedConvolution(
            attention[3], normalization: attention[4], from: input.outputWidth, to: width, kernel: 1,
            hasBias: true)
    }

    /// Two tensors `[1, width, bands, frames]` → one.
    func callAsFunction(_ first: Tensor, _ second: Tensor) throws(TorchError) -> Tensor {
        let hidden = try input(Tensor.concatenate([first, second], dimension: 1))
        let balance = try output(hidden * hidden.sigmoid()).tanh()
        // first × (1 + balance) + second × (1 − balance)
        let result = try (first - second) * balance
        try result.add(inPlace: first)
        try result.add(inPlace: second)
        return result
    }
}
