import Audio
import Torch

extension FlowSpeaker {
    /// Speaks several items as one.
    ///
    /// Follows `using_vocoder_synthesis_batched_infer` (GPT-SoVITS `TTS_infer_pack/TTS.py`): the items' conditions are joined and
    /// cut into chunks of equal length that overlap a little, all are drawn from the reference at once, and the sound
    /// is joined where neighbours agree best. Takes one standard normal `[chunks, melWidth, frames]` from `generator`.
    /// - Parameter onStep: called after each layer of each step and each block of the vocoder; throws to stop.
    /// - Returns: samples at the vocoder's rate for each item; none for one without tokens.
    /// - Throws: as ``speak(_:prompt:options:generator:onStep:)``, and `AudioError` where chunks cannot be joined.
    public func speakTogether(
        _ items: [Item], prompt: Prompt, options: Options, generator: Generator, onStep: () throws -> Void
    ) throws -> [[Float]] {
        try speakTogether(items, prompt: prompt, options: options, noise: { try generator.normal($0) }, onStep: onStep)
    }

    /// ``speakTogether(_:prompt:options:generator:onStep:)`` from any noise.
    func speakTogether(
        _ items: [Item], prompt: Prompt, options: Options, noise: ([Int]) throws -> Tensor, onStep: () throws -> Void
    ) throws -> [[Float]] {
        let spoken = items.indices.filter { !items[$0].codes.isEmpty }
        var result = [[Float]](repeating: [], count: items.count)
        guard !spoken.isEmpty else { return result }
        let conditions = try spoken.map { try condition(items[$0], prompt, options) }
        let samples = try translating("speaking \(spoken.count) texts together") {
            let chunks = try Chunks(
                joining: conditions, length: model.format.callFrames - prompt.frameCount,
                overlap: model.format.overlapFrames)
            let starts = try prompt.condition.expand([chunks.count, -1, -1])
            let mel = try model.mel(
                condition: Tensor.concatenate([starts, chunks.conditions], dimension: 1), prompt: prompt.mel,
                steps: options.sampleSteps, noise: noise, checkpoint: onStep)
            // One after the other in time: [1, melWidth, chunks × length].
            let inTime = try mel.permute([1, 0, 2]).reshape([1, mel.size(1), -1])
            return try chunks.join(sound(inTime, onStep), hop: vocoder.hopLength)
        }
        var rest = samples[...]
        for (index, condition) in zip(spoken, conditions) {
            result[index] = Array(rest.prefix(condition.size(1) * vocoder.hopLength))
            rest = rest.dropFirst(condition.size(1) * vocoder.hopLength)
        }
        return result
    }

    /// Conditions one behind the other, cut into pieces of equal length.
    private struct Chunks {
        /// `[count, length, width]`
        let conditions: Tensor
        /// Frames of a chunk.
        private let length: Int
        /// Frames that neighbours share, and frames of silence before the first.
        private let overlap: Int
        /// Frames without meaning at the end of the last.
        private let padding: Int

        var count: Int { conditions.size(0) }

        init(joining conditions: [Tensor], length: Int, overlap: Int) throws(TorchError) {
            let joined = try Tensor.concatenate(conditions, dimension: 1).pad([0, 0, overlap, 0])
            var chunks: [Tensor] = []
            var padding = 0
            // Also where the last chunk ended with the last frame one more is made, of nothing but its end.
            for start in stride(from: 0, to: joined.size(1), by: length - overlap) {
                let chunk = try joined.slice(1, start, start + length)
                padding = length - chunk.size(1)
                chunks.append(try padding == 0 ? chunk : chunk.pad([0, 0, 0, padding]))
            }
            self.conditions = try Tensor.concatenate(chunks)
            self.length = length
            self.overlap = overlap
            self.padding = padding
        }

        /// The samples of all chunks, one behind the other, to those of the conditions.
        func join(_ samples: [Float], hop: Int) throws -> ArraySlice<Float> {
            let pieces = stride(from: 0, to: samples.count, by: length * hop).map { start in
                Array(samples[start..<min(samples.count, start + length * hop)])
            }
            return try OverlapAdd.join(pieces, overlap: overlap * hop).dropLast(padding * hop).dropFirst(overlap * hop)
        }
    }
}
