import Checkpoints
import Torch

/// The second stage of GPT-SoVITS v3 and v4: semantic tokens and phonemes to a mel spectrogram in the manner of a prompt, for a
/// vocoder of its own to speak.
///
/// Follows `SynthesizerTrnV3` (GPT-SoVITS `module/models.py`). v3 and v4 files have the same names and shapes; they differ
/// in the rate of the mel. Not `Sendable`: it stays on its device's thread.
public final class FlowSoVITS: SoVITSModel {
    /// The parts that all versions have; the sizes of the rest are read off its tensors.
    public let encoders: SoVITSEncoders
    /// How the mel of this version is made and cut.
    public let format: FlowFormat

    let conditionEncoder: ConditionEncoder
    let flow: FlowMatching

    /// Most mel frames of one call, 20 minutes of speech.
    public static let maximumFrames = 120_000
    /// Most frames of one flow-matching call; attention takes the square of it.
    public static let maximumFlowFrames = 4096
    /// Most steps of one flow-matching call.
    public static let maximumSteps = 1000

    /// Builds the model from a checkpoint, or from a base and the LoRA factors that change it.
    ///
    /// - Parameters:
    ///   - checkpoint: a whole v3 or v4 model, or LoRA factors for one.
    ///   - base: the whole model of the same version that LoRA factors change; not looked at for a whole model.
    ///   - dtype: float32, or float16 or bfloat16 where the device is fast at it. Factors are merged in float32.
    /// - Throws: ``ModelError`` with code `weights`, naming the configuration's field, or the tensor with the shape wanted
    ///   and the shape found, or the base that is missing; with code `device` where the device has no room.
    public convenience init(
        checkpoint: SoVITSCheckpoint, base: SoVITSCheckpoint? = nil, device: Device = .cpu, dtype: DType = .float32
    ) throws {
        let weights: WeightScope
        if checkpoint.version.isLoRA {
            guard let base else {
                throw ModelError(
                    .weights,
                    "\(checkpoint.file.path) holds only LoRA factors, which need the whole "
                        + "\(checkpoint.version.model.rawValue) model that they change")
            }
            try Self.check(base, fits: checkpoint)
            do throws(TorchError) {
                weights = try WeightScope(base.weights, dtype: dtype, device: device)
                    .merging(WeightScope(checkpoint.weights, dtype: dtype, device: device))
            } catch {
                throw ModelError("merging the LoRA factors of \(checkpoint.file.path) into \(base.file.path)", error)
            }
        } else {
            weights = WeightScope(checkpoint.weights, dtype: dtype, device: device)
        }
        try self.init(
            SoVITSConfiguration(encodersOf: checkpoint.config), version: checkpoint.version.model, weights: weights)
    }

    /// Builds the model from its sizes and weights. Tensors that inference does not need (`linear_mel`) are not looked at.
    ///
    /// - Parameters:
    ///   - configuration: only the encoders' sizes count; all others are read off tensors' shapes.
    ///   - version: v3 or v4.
    ///   - weights: the whole model; decides element type and device.
    /// - Throws: as ``init(checkpoint:base:device:dtype:)``.
    public init(_ configuration: SoVITSConfiguration, version: ModelVersion, weights: WeightScope) throws {
        guard let format = FlowFormat(version) else {
            throw ModelError(.weights, "SoVITS \(version.rawValue) has no flow matching; v3 and v4 have")
        }
        encoders = try SoVITSEncoders(configuration, version: version, weights: weights)
        self.format = format
        do throws(TorchError) {
            conditionEncoder = try ConditionEncoder(
                weights, frameWidth: configuration.hiddenWidth, styleWidth: configuration.styleWidth)
            flow = try FlowMatching(weights["cfm"])
        } catch {
            throw ModelError("building SoVITS \(version.rawValue)", error)
        }
        guard conditionEncoder.width == flow.estimator.conditionWidth else {
            throw ModelError(
                .weights,
                "bridge is \(conditionEncoder.width) wide, the condition of cfm \(flow.estimator.conditionWidth); "
                    + "they must be equal")
        }
    }

    // MARK: What callers need to know

    /// Width of the condition of the flow.
    public var conditionWidth: Int { conditionEncoder.width }
    /// Bands of the mel.
    public var melWidth: Int { flow.estimator.melWidth }

    // MARK: References

    /// The style of the reference recording. It depends on nothing else, so it can be kept.
    ///
    /// - Parameter spectrogram: magnitudes `[1, bins, frames]` with at least ``referenceBins`` bins, made with
    ///   ``Spectrogram/init(_:device:)`` of the model's configuration at ``samplingRate``.
    /// - Returns: `[1, 1, styleWidth]`, for ``condition(codes:phones:style:speed:)``.
    /// - Throws: ``ModelError`` with code `input` for another shape.
    public func styleEmbedding(of spectrogram: Tensor) throws -> Tensor {
        try encode(reference: spectrogram)
    }

    // MARK: Speech

    /// What the flow is to speak: the condition of each mel frame.
    ///
    /// Follows `decode_encp`. The reference's own tokens and phonemes give the condition of the prompt, at speed 1.
    /// - Parameters:
    ///   - codes: semantic tokens, below ``tokenCount``; at least one.
    ///   - phones: phoneme ids of the same text, below ``symbolCount``; at least one.
    ///   - style: what ``styleEmbedding(of:)`` returns.
    ///   - speed: above 1 speaks faster; at 1 nothing is interpolated.
    /// - Returns: `[1, frames, conditionWidth]` with about `codes × 3.75 / speed` (v3) or `codes × 4 / speed` (v4) frames.
    /// - Throws: ``ModelError`` with code `input` for ids, lengths or a speed out of range.
    public func condition(codes: [Int], phones: [Int], style: Tensor, speed: Double = 1) throws -> Tensor {
        try check(codes: codes, phones: phones, speed: speed, scale: format.framesPerJointFrame, unit: "mel frames")
        let shape = [1, 1, configuration.styleWidth]
        guard style.shape == shape else {
            throw ModelError(.input, "the style must be a tensor of shape \(shape), not \(style.shape)")
        }
        return try translating("encoding \(codes.count) semantic tokens and \(phones.count) phonemes") {
            let style = try style.to(dtype, device: device)
            let joint = try jointFrames(codes: codes, phones: phones, style: style, speed: speed)
            return try conditionEncoder(
                joint, style: style, factor: format.framesPerJointFrame,
                length: format.frameLimit(codes: codes.count, speed: speed))
        }
    }

    /// What the text encoder makes of tokens and phonemes, `[1, frames, hiddenWidth]`, stretched to the speed.
    func jointFrames(codes: [Int], phones: [Int], style: Tensor, speed: Double) throws(TorchError) -> Tensor {
        let joint = try jointFrames(codes: codes, phones: phones, textStyle: style)
        return try textEncoder.stretch(joint, to: Int(Self.frameCount(joint.size(1), speed: speed)))
    }

    /// Draws a mel spectrogram. Takes one standard normal `[batch, melWidth, frames]` from `generator`.
    ///
    /// - Parameters:
    ///   - condition: results of ``condition(codes:phones:style:speed:)``, the prompt's first: `[batch, frames, conditionWidth]`, at most
    ///     ``maximumFlowFrames`` frames.
    ///   - prompt: normalised mel of the prompt, `[1 or batch, melWidth, frames]` with fewer frames than the condition.
    ///   - steps: 1 to ``maximumSteps``; more are finer and take longer.
    ///   - temperature: factor of the noise.
    ///   - checkpoint: called after each layer of each step, about ten times a second: counts progress, and throws to stop.
    /// - Returns: the mel after the prompt, normalised, `[batch, melWidth, frames]`; see ``MelSpectrogram/denormalize(_:)``.
    /// - Throws: ``ModelError`` with code `input` for shapes or steps out of range, `notFinite` where the result has a NaN or
    ///   an infinity; whatever `checkpoint` throws.
    public func mel(
        condition: Tensor, prompt: Tensor, steps: Int, generator: Generator, temperature: Double = 1,
        checkpoint: () throws -> Void = {}
    ) throws -> Tensor {
        try mel(
            condition: condition, prompt: prompt, steps: steps,
            noise: { try generator.normal($0) * temperature }, checkpoint: checkpoint)
    }

    /// ``mel(condition:prompt:steps:generator:temperature:checkpoint:)`` from any noise.
    ///
    /// - Parameter noise: makes float32 `[batch, melWidth, frames]`, with bands before time as upstream draws it, so that neither layout
    ///   nor precision changes what is drawn.
    func mel(
        condition: Tensor, prompt: Tensor, steps: Int, noise: ([Int]) throws -> Tensor, checkpoint: () throws -> Void
    ) throws -> Tensor {
        let (shape, promptShape) = (condition.shape, prompt.shape)
        guard shape.count == 3, shape[0] >= 1, (1...Self.maximumFlowFrames).contains(shape[1]),
            shape[2] == conditionWidth
        else {
            throw ModelError(
                .input,
                "a condition must have shape [batch, 1 to \(Self.maximumFlowFrames) frames, \(conditionWidth)], not \(shape)"
            )
        }
        guard promptShape.count == 3, promptShape[0] == 1 || promptShape[0] == shape[0], promptShape[1] == melWidth,
            promptShape[2] < shape[1]
        else {
            throw ModelError(
                .input,
                "a prompt must have shape [1 or batch, \(melWidth), fewer frames than the condition's \(shape[1])], "
                    + "not \(promptShape)")
        }
        guard (1...Self.maximumSteps).contains(steps) else {
            throw ModelError(.input, "\(steps) sample steps; 1 to \(Self.maximumSteps) can be made")
        }
        return try translating("drawing \(shape[0]) × \(shape[1]) mel frames") {
            let mel = try flow.sample(
                condition: condition.to(dtype, device: device),
                prompt: prompt.to(dtype, device: device).transpose(1, 2).contiguous(),
                noise: noise([shape[0], melWidth, shape[1]]), steps: steps, checkpoint: checkpoint)
            try mel.requireFinite()
            return try mel.transpose(1, 2)
        }
    }

    // MARK: Checks

    /// v3 and v4 have the same tensors, so a base is only refused where it is known to be another one.
    private static func check(_ base: SoVITSCheckpoint, fits adapter: SoVITSCheckpoint) throws {
        let isOther = base.version.evidence == .publishedHash && base.version.model != adapter.version.model
        guard base.version.model.usesFlowMatching, !base.version.isLoRA, !isOther else {
            throw ModelError(
                .weights,
                "\(adapter.file.path) holds LoRA factors for a whole \(adapter.version.model.rawValue) model; "
                    + "\(base.file.path) is \(base.version.model.rawValue)\(base.version.isLoRA ? " LoRA" : "")")
        }
    }
}
