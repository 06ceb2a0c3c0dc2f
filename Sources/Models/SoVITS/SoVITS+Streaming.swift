import Torch

extension SoVITS {
    /// A piece of speech and what the next piece needs of it.
    public struct Chunk {
        /// float32 samples within −1…1.
        public let audio: Tensor
        /// Joint frames `[1, frames, hiddenWidth]` before any change of speed; their end overlaps with the next chunk.
        public let latent: Tensor
    }

    /// Where a chunk continues the one before.
    public struct Continuation {
        /// How many tokens at the end of `codes` are spoken: the new ones and the overlap.
        public let tokens: Int
        /// The end of the previous chunk's ``Chunk/latent``, `[1, frames, hiddenWidth]`, as long as the overlap.
        public let overlap: Tensor

        /// Describes where a chunk continues.
        public init(tokens: Int, overlap: Tensor) {
            self.tokens = tokens
            self.overlap = overlap
        }
    }

    /// Speaks one chunk of a growing sequence of tokens.
    ///
    /// Follows `decode_streaming` (GPT-SoVITS `module/models.py`): all tokens up to now pass through the text encoder, only the end
    /// is spoken, faded into the previous chunk's latent by a sine and a cosine.
    /// - Parameters:
    ///   - codes: all tokens up to the end of this chunk.
    ///   - continuation: nil for the first chunk, which is spoken whole.
    /// - Throws: as ``decode(codes:phones:styles:speed:generator:noiseScale:checkpoint:)``; ``ModelError`` with code `input` also where
    ///   the continuation does not fit the codes.
    public func decodeChunk(
        codes: [Int], phones: [Int], styles: [Tensor], continuing continuation: Continuation?, speed: Double = 1,
        generator: Generator, noiseScale: Double = 0.5, checkpoint: () throws -> Void = {}
    ) throws -> Chunk {
        try check(codes: codes, phones: phones, speed: speed)
        if let continuation {
            let shape = continuation.overlap.shape
            guard (1...codes.count).contains(continuation.tokens), shape.count == 3, shape[0] == 1,
                (1...continuation.tokens * SemanticQuantizer.stride).contains(shape[1]),
                shape[2] == configuration.hiddenWidth
            else {
                throw ModelError(
                    .input,
                    "a chunk of the last \(continuation.tokens) of \(codes.count) tokens cannot overlap with a latent of "
                        + "shape \(shape)")
            }
        }
        return try translating("speaking a chunk of \(codes.count) semantic tokens") {
            let style = try self.style(styles)
            var joint = try jointFrames(codes: codes, phones: phones, style: style)
            if let continuation { joint = try Self.fade(joint, into: continuation) }
            try checkpoint()
            let audio = try speak(
                joint, style: style, speed: speed, generator: generator, noiseScale: noiseScale, checkpoint: checkpoint)
            return Chunk(audio: audio, latent: joint)
        }
    }

    /// The last frames, their beginning mixed with the end of the previous chunk.
    private static func fade(_ joint: Tensor, into continuation: Continuation) throws(TorchError) -> Tensor {
        let kept = continuation.tokens * SemanticQuantizer.stride
        let frames = try joint.narrow(1, start: joint.size(1) - kept, length: kept).clone()
        let overlap = try continuation.overlap.to(frames.dtype, device: frames.device)
        let length = overlap.size(1)
        let phase = try Tensor.arange(0, Double(2 * length), dtype: .float32, device: frames.device)
        let window = try (phase * .pi / Double(2 * length)).sin().to(frames.dtype).reshape([1, -1, 1])
        let start = try frames.narrow(1, start: 0, length: length)
        let rising = try window.narrow(1, start: 0, length: length)
        let falling = try window.narrow(1, start: length, length: length)
        try start.copy(inPlace: rising * start + falling * overlap)
        return frames
    }
}
