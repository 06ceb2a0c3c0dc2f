import Audio
import Torch

/// Speaks with v3 or v4: cuts the condition into calls of the flow, each prompted with what came before, and lets the vocoder
/// sound the mel.
///
/// Not `Sendable`: it stays on its device's thread.
public struct FlowSpeaker {
    /// What one text is spoken from.
    public struct Item {
        /// Semantic tokens; where there are none, nothing is spoken.
        public let codes: [Int]
        /// Phoneme ids.
        public let phones: [Int]

        /// Describes an item.
        public init(codes: [Int], phones: [Int]) {
            self.codes = codes
            self.phones = phones
        }
    }

    /// What a call of the flow continues: mel frames and the condition that they were spoken from.
    public struct Prompt {
        /// `[1, frames, conditionWidth]`
        let condition: Tensor
        /// Normalised, `[1, melWidth, frames]`
        let mel: Tensor
        /// The reference's style, `[1, 1, styleWidth]`.
        let style: Tensor

        /// Frames.
        public var frameCount: Int { mel.size(2) }
    }

    /// How items are spoken.
    public struct Options {
        /// Above 1 speaks faster.
        public var speed = 1.0
        /// Steps of each call of the flow.
        public var sampleSteps = 32

        /// Chooses how items are spoken.
        public init(speed: Double = 1, sampleSteps: Int = 32) {
            self.speed = speed
            self.sampleSteps = sampleSteps
        }
    }

    /// The second stage.
    public let model: FlowSoVITS
    /// What makes its mel audible.
    public let vocoder: any Vocoder

    /// - Throws: ``ModelError`` with code `weights` where the vocoder takes another number of mel bands than the model makes.
    public init(model: FlowSoVITS, vocoder: any Vocoder) throws {
        guard vocoder.bandCount == model.melWidth else {
            throw ModelError(
                .weights,
                "the vocoder takes \(vocoder.bandCount) mel bands, SoVITS \(model.version.rawValue) makes \(model.melWidth)"
            )
        }
        self.model = model
        self.vocoder = vocoder
    }

    /// The beginning of everything that is spoken after a reference. It draws no random numbers, so it can be kept.
    ///
    /// - Parameters:
    ///   - codes: the reference's semantic tokens.
    ///   - phones: phoneme ids of the reference's transcript.
    ///   - style: what ``FlowSoVITS/styleEmbedding(of:)`` returns.
    ///   - mel: the reference's mel as ``MelSpectrogram/compute(_:)`` returns it, `[1, melWidth, frames]`, not normalised.
    /// - Throws: ``ModelError`` with code `input` for ids or shapes that do not fit the model.
    public func prompt(codes: [Int], phones: [Int], style: Tensor, mel: Tensor) throws -> Prompt {
        guard mel.rank == 3, mel.size(0) == 1, mel.size(1) == model.melWidth, mel.size(2) > 0 else {
            throw ModelError(
                .input, "the reference's mel must have shape [1, \(model.melWidth), 1 or more frames], not \(mel.shape)"
            )
        }
        let condition = try model.condition(codes: codes, phones: phones, style: style)
        return try translating("cutting the reference") {
            // Both begin together and end at the shorter one; of long ones the end is kept.
            let length = min(mel.size(2), condition.size(1))
            let kept = min(length, model.format.promptFrames)
            return Prompt(
                condition: try condition.narrow(1, start: length - kept, length: kept),
                mel: try MelSpectrogram.normalize(mel).narrow(2, start: length - kept, length: kept)
                    .to(model.dtype, device: model.device), style: style)
        }
    }

    /// Speaks an item by itself.
    ///
    /// Follows `using_vocoder_synthesis` (GPT-SoVITS `TTS_infer_pack/TTS.py`): each call of the flow is prompted with the end of
    /// the one before. Takes one standard normal `[1, melWidth, frames]` a call from `generator`.
    /// - Parameter onStep: called after each layer of each step and each block of the vocoder; throws to stop.
    /// - Returns: samples at the vocoder's rate.
    /// - Throws: as ``FlowSoVITS/mel(condition:prompt:steps:generator:temperature:checkpoint:)`` and
    ///   ``Vocoder/decode(_:checkpoint:)``.
    public func speak(
        _ item: Item, prompt: Prompt, options: Options, generator: Generator, onStep: () throws -> Void
    ) throws -> [Float] {
        try speak(item, prompt: prompt, options: options, noise: { try generator.normal($0) }, onStep: onStep)
    }

    /// ``speak(_:prompt:options:generator:onStep:)`` from any noise.
    func speak(
        _ item: Item, prompt: Prompt, options: Options, noise: ([Int]) throws -> Tensor, onStep: () throws -> Void
    ) throws -> [Float] {
        guard !item.codes.isEmpty else { return [] }
        let condition = try condition(item, prompt, options)
        return try translating("speaking \(item.codes.count) semantic tokens") {
            let chunkLength = model.format.callFrames - prompt.frameCount
            var (promptCondition, promptMel) = (prompt.condition, prompt.mel)
            var mels: [Tensor] = []
            for start in stride(from: 0, to: condition.size(1), by: chunkLength) {
                let chunk = try condition.slice(1, start, start + chunkLength)
                let mel = try model.mel(
                    condition: Tensor.concatenate([promptCondition, chunk], dimension: 1), prompt: promptMel,
                    steps: options.sampleSteps, noise: noise, checkpoint: onStep)
                mels.append(mel)
                promptMel = try mel.slice(2, -prompt.frameCount)
                promptCondition = try chunk.slice(1, -prompt.frameCount)
            }
            return try sound(Tensor.concatenate(mels, dimension: 2), onStep)
        }
    }

    func condition(_ item: Item, _ prompt: Prompt, _ options: Options) throws -> Tensor {
        try model.condition(codes: item.codes, phones: item.phones, style: prompt.style, speed: options.speed)
    }

    /// Normalised mel `[1, melWidth, frames]` to samples.
    func sound(_ mel: Tensor, _ onStep: () throws -> Void) throws -> [Float] {
        try vocoder.decode(MelSpectrogram.denormalize(mel), checkpoint: onStep).floats()
    }
}
