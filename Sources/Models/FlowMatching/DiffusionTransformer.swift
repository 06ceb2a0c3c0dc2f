import Foundation
import Torch

/// Estimates the flow's velocity: which way a noisy mel spectrogram moves at a moment, given a condition and a prompt.
///
/// Follows `DiT` (GPT-SoVITS `f5_tts/model/backbones/dit.py`; F5-TTS, Chen et al. 2024, <https://arxiv.org/abs/2410.06885>). What
/// does not depend on the moment is computed once a call (``Scene``), what depends on nothing else once for all moments
/// (``Schedule``). Everything has time before channels.
struct DiffusionTransformer {
    /// Of the condition's and the moments' sine waves.
    static let logarithmicBase = log(10_000.0)
    /// Positions after this one share its embedding; upstream fixes it.
    static let positionLimit = 4096
    /// Of the convolutions behind the input; upstream fixes it.
    static let groupCount = 16

    /// What stays the same over all steps of one call.
    struct Scene {
        /// What condition and prompt put into the input layer, `[batch, frames, width]`.
        let input: Tensor
        /// Positions.
        let rotary: RotaryTable
        /// Frames of the prompt, which are not spoken again.
        let promptFrames: Int
    }

    /// What the moments of all steps make of the layers.
    struct Schedule {
        /// By step, then by layer.
        let blocks: [[DiffusionBlock.Modulation]]
        /// By step: scale and shift of the last normalisation, `[width]` each.
        let output: [(scale: Tensor, shift: Tensor)]
    }

    let timeEmbedding: TimestepEmbedding
    let stepEmbedding: TimestepEmbedding
    private let conditionBlocks: [ConditionBlock]
    /// The input layer's columns for the noisy mel, the prompt's mel and the condition.
    private let noisyInput: Tensor
    private let promptInput: Tensor
    private let conditionInput: Tensor
    private let inputBias: Tensor
    private let positions: [TimeConvolution]
    private let rotaryFrequencies: Tensor
    private let blocks: [DiffusionBlock]
    private let outputModulation: Projection
    private let output: Projection
    private let dtype: DType
    /// Width of the layers.
    let width: Int
    /// Mel bands.
    let melWidth: Int
    /// Width of the condition.
    let conditionWidth: Int

    /// Number of transformer layers.
    var layerCount: Int { blocks.count }

    /// - Parameter weights: the estimator's module.
    init(_ weights: WeightScope) throws(TorchError) {
        dtype = weights.dtype
        let width = try weights["input_embed"]["proj"].shape(of: "bias").first ?? 0
        melWidth = try weights["proj_out"].shape(of: "bias").first ?? 0
        let input = try weights["input_embed"]["proj"].get("weight", [width, nil])
        conditionWidth = input.size(1) - 2 * melWidth
        guard width >= Self.groupCount, width % Self.groupCount == 0, melWidth > 0, conditionWidth >= 2,
            conditionWidth % 2 == 0
        else {
            throw TorchError(
                .weights,
                "\(weights.prefix)input_embed.proj.weight: shape \(input.shape) does not fit \(melWidth) mel bands, "
                    + "an even condition and \(Self.groupCount) groups")
        }
        self.width = width
        noisyInput = try input.narrow(1, start: 0, length: melWidth).contiguous()
        promptInput = try input.narrow(1, start: melWidth, length: melWidth).contiguous()
        conditionInput = try input.narrow(1, start: 2 * melWidth, length: conditionWidth).contiguous()
        inputBias = try weights["input_embed"]["proj"].get("bias", [width])
        timeEmbedding = try TimestepEmbedding(weights["time_embed"], width: width)
        stepEmbedding = try TimestepEmbedding(weights["d_embed"], width: width)
        let conditionScope = weights["text_embed"]["text_blocks"]
        let conditionWidth = conditionWidth
        conditionBlocks = try (0..<conditionScope.completeListCount()).map { index throws(TorchError) in
            try ConditionBlock(conditionScope[index], width: conditionWidth)
        }
        let positionScope = weights["input_embed"]["conv_pos_embed"]["conv1d"]
        positions = try [0, 2].map { index throws(TorchError) in
            let kernel = try positionScope[index].shape(of: "weight").last ?? 0
            guard kernel % 2 == 1 else {
                throw TorchError(.weights, "\(positionScope.prefix)\(index).weight: its kernel, \(kernel), is not odd")
            }
            return try TimeConvolution(
                positionScope[index], from: width, to: width, kernel: kernel, groups: Self.groupCount)
        }
        // Stored in half precision, and used as stored.
        rotaryFrequencies = try weights["rotary_embed"].get(
            "inv_freq", [DiffusionBlock.headWidth / 2], dtype: .float32)
        let blockScope = weights["transformer_blocks"]
        blocks = try (0..<blockScope.completeListCount()).map { index throws(TorchError) in
            try DiffusionBlock(blockScope[index], width: width)
        }
        outputModulation = try Projection(
            weights["norm_out"]["linear"], from: width, to: 2 * width, isConvolution: false)
        output = try Projection(weights["proj_out"], from: width, to: melWidth, isConvolution: false)
    }

    /// The condition with its positions through its own network: `[batch, frames, conditionWidth]`.
    func embed(condition: Tensor) throws(TorchError) -> Tensor {
        var hidden = try condition + positionTable(frames: condition.size(1))
        for block in conditionBlocks { hidden = try block(hidden) }
        return hidden
    }

    /// - Parameters:
    ///   - condition: `[batch, frames, conditionWidth]`
    ///   - prompt: `[1 or batch, frames of the prompt, melWidth]`, no more frames than the condition has.
    func scene(condition: Tensor, prompt: Tensor) throws(TorchError) -> Scene {
        let input = try embed(condition: condition).linear(conditionInput, inputBias)
        try input.narrow(1, start: 0, length: prompt.size(1)).add(inPlace: prompt.linear(promptInput))
        return Scene(
            input: input,
            rotary: try RotaryTable(frequencies: rotaryFrequencies, frames: condition.size(1), dtype: dtype),
            promptFrames: prompt.size(1))
    }

    /// - Parameters:
    ///   - moments: where each step begins, 0 ≤ moment < 1.
    ///   - stepLength: how far each step goes.
    func schedule(moments: [Double], stepLength: Double) throws(TorchError) -> Schedule {
        let embedded = try (timeEmbedding(moments) + stepEmbedding([stepLength])).silu()  // [steps, width]
        var steps = [[DiffusionBlock.Modulation]](repeating: [], count: moments.count)
        for block in blocks {
            for (index, modulation) in try block.modulations(embedded).enumerated() { steps[index].append(modulation) }
        }
        let ends = try outputModulation(embedded).reshape([-1, 2, width])
        var output: [(scale: Tensor, shift: Tensor)] = []
        for index in moments.indices {
            let vectors = try ends.select(0, index)
            output.append((scale: try vectors.select(0, 0) + 1, shift: try vectors.select(0, 1)))
        }
        return Schedule(blocks: steps, output: output)
    }

    /// The velocity of the frames after the prompt.
    ///
    /// - Parameters:
    ///   - noisy: `[batch, frames after the prompt, melWidth]`
    ///   - checkpoint: called after each layer; what it throws ends the work.
    /// - Returns: as `noisy`.
    func velocity(
        of noisy: Tensor, scene: Scene, schedule: Schedule, step: Int, checkpoint: () throws -> Void
    ) throws -> Tensor {
        let start = scene.promptFrames
        var hidden = try scene.input.clone()
        try hidden.narrow(1, start: start, length: noisy.size(1)).add(inPlace: noisy.linear(noisyInput))
        hidden = try positions[1](positions[0](hidden).mish()).mish() + hidden
        for (index, block) in blocks.enumerated() {
            // After the last layer no one looks at the prompt's frames any more.
            let isLast = index == blocks.count - 1
            hidden = try block(hidden, schedule.blocks[step][index], rotary: scene.rotary, from: isLast ? start : 0)
            try checkpoint()
        }
        let ending = schedule.output[step]
        return try output(hidden.layerNorm([width], weight: ending.scale, bias: ending.shift, eps: 1e-6))
    }

    /// Cosines, then sines, of the position in half as many frequencies as the condition is wide: `[frames, width]`.
    private func positionTable(frames: Int) throws(TorchError) -> Tensor {
        let device = rotaryFrequencies.device
        let exponents = try Tensor.arange(0, Double(conditionWidth), step: 2, dtype: .float32, device: device)
        let frequencies = try 1 / Tensor.power(10_000, exponents / Double(conditionWidth))
        let positions = try Tensor.arange(0, Double(frames), dtype: .float32, device: device)
            .clamp(high: Double(Self.positionLimit - 1))
        let angles = try positions.unsqueeze(1) * frequencies.unsqueeze(0)
        return try Tensor.concatenate([angles.cos(), angles.sin()], dimension: 1).to(dtype)
    }
}
