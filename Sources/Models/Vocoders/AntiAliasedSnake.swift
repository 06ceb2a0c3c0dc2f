import Torch

/// A periodic activation with a frequency and a magnitude for each channel, computed at twice the rate.
///
/// Follows `Activation1d` with `Snake` or `SnakeBeta` (GPT-SoVITS `BigVGAN/activations.py`, `alias_free_activation/torch/act.py`;
/// BigVGAN, Lee et al. 2023, <https://arxiv.org/abs/2206.04658>).
struct AntiAliasedSnake {
    /// Samples on each side of one that it sees.
    static let reach = 6
    /// Taps of both filters, which upstream fixes with the ratio of 2.
    private static let taps = 12
    /// Keeps the magnitude finite where the file has 0.
    private static let smallest = 1e-9

    private let frequency: Tensor
    private let magnitude: Tensor
    private let up: Tensor
    private let down: Tensor

    /// Reads the parameters in float32, whatever the model's element type.
    init(_ weights: WeightScope, width: Int, kind: BigVGANConfiguration.Activation, isLogarithmic: Bool)
        throws(TorchError)
    {
        let parameters = weights["act"].with(dtype: .float32)
        func parameter(_ name: String) throws(TorchError) -> Tensor {
            let value = try parameters.get(name, [width])
            return isLogarithmic ? try value.exp() : value
        }
        frequency = try parameter("alpha")
        let inverse = try kind == .snakeBeta ? parameter("beta") : frequency
        magnitude = try 1 / (inverse + Self.smallest)
        up = try Self.filter(weights["upsample"])
        down = try Self.filter(weights["downsample"]["lowpass"])
    }

    /// The taps that the file has, or those that upstream computes.
    private static func filter(_ weights: WeightScope) throws(TorchError) -> Tensor {
        guard weights.contains("filter") else {
            return try Tensor(KaiserFilter.taps(cutoff: 0.25, halfWidth: 0.3, count: taps), device: weights.device)
        }
        return try weights.get("filter", [1, 1, taps], dtype: .float32).reshape([taps])
    }

    /// `[1, time, width]` → `[1, time, width]`.
    func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
        try input.antiAliasedSnake(frequency: frequency, magnitude: magnitude, up: up, down: down)
    }
}
