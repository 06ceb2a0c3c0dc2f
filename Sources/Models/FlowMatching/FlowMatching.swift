import Torch

/// Draws a mel spectrogram by following a velocity field from noise, in steps of equal length.
///
/// Follows `CFM.inference` (GPT-SoVITS `module/models.py`; conditional flow matching, Lipman et al. 2022,
/// <https://arxiv.org/abs/2210.02747>) without guidance, which upstream never uses.
struct FlowMatching {
    /// Steps whose moments are worked out at once, which reads those weights once, and bounds the memory for them.
    private static let scheduledSteps = 32
    /// Items of a batch that a GPU works on at once. Items do not see each other: this bounds the memory and changes nothing.
    /// A processor does best with one.
    private static let itemsAtOnce = 8

    let estimator: DiffusionTransformer
    private let dtype: DType
    private let device: Device

    /// - Parameter weights: the model's `cfm` module.
    init(_ weights: WeightScope) throws(TorchError) {
        estimator = try DiffusionTransformer(weights["estimator"])
        dtype = weights.dtype
        device = weights.device
    }

    /// - Parameters:
    ///   - condition: `[batch, frames, conditionWidth]`
    ///   - prompt: normalised mel `[1 or batch, frames of the prompt, melWidth]`, fewer frames than the condition has.
    ///   - noise: float32 `[batch, melWidth, frames]`, of which the prompt's frames are not looked at.
    ///   - steps: at least 1.
    ///   - observe: called with each step's number, and noisy mel and velocity of some items of the batch; for comparison with the
    ///     reference.
    ///   - checkpoint: called after each layer of each step; what it throws ends the work.
    /// - Returns: the frames after the prompt, normalised, `[batch, frames, melWidth]`.
    func sample(
        condition: Tensor, prompt: Tensor, noise: Tensor, steps: Int,
        observe: (Int, Tensor, Tensor) throws -> Void = { _, _, _ in }, checkpoint: () throws -> Void
    ) throws -> Tensor {
        let (batch, frames) = (condition.size(0), condition.size(1))
        let start = prompt.size(1)
        let noise = try noise.to(dtype, device: device).transpose(1, 2)
            .narrow(1, start: start, length: frames - start)
        let atOnce = device == .cpu ? 1 : Self.itemsAtOnce
        var parts = try stride(from: 0, to: batch, by: atOnce).map { first in
            func items(_ tensor: Tensor) throws(TorchError) -> Tensor {
                try tensor.narrow(0, start: first, length: min(atOnce, batch - first)).contiguous()
            }
            return (
                mel: try items(noise),
                scene: try estimator.scene(
                    condition: items(condition), prompt: prompt.size(0) == batch ? items(prompt) : prompt)
            )
        }
        let stepLength = 1 / Double(steps)
        // Summed up, not multiplied, as upstream does.
        var moments: [Double] = [0]
        for _ in 1..<max(1, steps) { moments.append(moments[moments.count - 1] + stepLength) }
        for first in stride(from: 0, to: moments.count, by: Self.scheduledSteps) {
            let stretch = Array(moments[first..<min(moments.count, first + Self.scheduledSteps)])
            let schedule = try estimator.schedule(moments: stretch, stepLength: stepLength)
            for index in parts.indices {
                for step in stretch.indices {
                    let mel = parts[index].mel
                    let velocity = try estimator.velocity(
                        of: mel, scene: parts[index].scene, schedule: schedule, step: step, checkpoint: checkpoint)
                    try observe(first + step, mel, velocity)
                    parts[index].mel = try mel + velocity * stepLength
                }
            }
        }
        return try parts.count == 1 ? parts[0].mel : Tensor.concatenate(parts.map(\.mel))
    }
}
