import Torch

/// The normalising flow between prior and decoder, run backwards: affine coupling layers that only shift, each preceded
/// by a flip of the channels.
///
/// Follows `ResidualCouplingBlock` in reverse (GPT-SoVITS `module/models.py`; Real NVP, Dinh et al. 2017,
/// <https://arxiv.org/abs/1605.08803>).
struct Flow {
    /// Upstream fixes it; the checkpoint has a flip, without weights, after each.
    static let couplingCount = 4
    /// Layers of each coupling's network; upstream fixes it.
    static let layerCount = 4

    private struct Coupling {
        let input: Projection
        let network: WaveNet
        let output: Projection
    }

    private let couplings: [Coupling]
    private let half: Int

    init(_ weights: WeightScope, _ configuration: SoVITSConfiguration) throws(TorchError) {
        let (half, width) = (configuration.latentWidth / 2, configuration.hiddenWidth)
        self.half = half
        couplings = try (0..<Self.couplingCount).map { index throws(TorchError) in
            let scope = weights["flows"][2 * index]
            return Coupling(
                input: try Projection(scope["pre"], from: half, to: width),
                network: try WaveNet(
                    scope["enc"], width: width, styleWidth: configuration.styleWidth,
                    layerCount: Self.layerCount),
                output: try Projection(scope["post"], from: width, to: half))
        }
    }

    /// `[1, frames, latentWidth]` → `[1, frames, latentWidth]`.
    ///
    /// - Parameters:
    ///   - style: `[1, 1, styleWidth]`
    ///   - checkpoint: called after each coupling layer; what it throws ends the work.
    func reversed(_ latent: Tensor, style: Tensor, checkpoint: () throws -> Void) throws -> Tensor {
        var latent = latent
        for coupling in couplings.reversed() {
            latent = try latent.flip(2)
            let first = try latent.narrow(2, start: 0, length: half)
            let shift = try coupling.output(coupling.network(coupling.input(first), style: style))
            try latent.narrow(2, start: half, length: half).add(inPlace: shift, alpha: -1)
            try checkpoint()
        }
        return latent
    }
}

/// Gated convolutions with residual and skip connections, conditioned on a style embedding.
///
/// Follows `WN` (GPT-SoVITS `module/modules.py`; WaveNet, van den Oord et al. 2016, <https://arxiv.org/abs/1609.03499>).
struct WaveNet {
    /// Upstream fixes it.
    static let kernel = 5

    private struct Layer {
        let input: TimeConvolution
        let output: Projection
    }

    private let condition: Projection
    private let layers: [Layer]
    private let width: Int

    init(_ weights: WeightScope, width: Int, styleWidth: Int, layerCount: Int) throws(TorchError) {
        self.width = width
        condition = try Projection(weights["cond_layer"], from: styleWidth, to: 2 * width * layerCount)
        layers = try (0..<layerCount).map { index throws(TorchError) in
            let isLast = index == layerCount - 1
            return Layer(
                input: try TimeConvolution(
                    weights["in_layers"][index], from: width, to: 2 * width, kernel: Self.kernel),
                output: try Projection(
                    weights["res_skip_layers"][index], from: width, to: isLast ? width : 2 * width))
        }
    }

    /// `[1, frames, width]` → `[1, frames, width]`; `style` is `[1, 1, styleWidth]`.
    func callAsFunction(_ frames: Tensor, style: Tensor) throws(TorchError) -> Tensor {
        let conditions = try condition(style).chunk(layers.count, dimension: 2)
        var hidden = frames
        var skipped = try Tensor.zeros(frames.shape, dtype: frames.dtype, device: frames.device)
        for (layer, condition) in zip(layers, conditions) {
            let gates = try (layer.input(hidden) + condition).chunk(2, dimension: 2)
            let output = try layer.output(gates[0].tanh() * gates[1].sigmoid())
            if output.size(2) == width {
                skipped = try skipped + output
            } else {
                hidden = try hidden + output.narrow(2, start: 0, length: width)
                skipped = try skipped + output.narrow(2, start: width, length: width)
            }
        }
        return skipped
    }
}
