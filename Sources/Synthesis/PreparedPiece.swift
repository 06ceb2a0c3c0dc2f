import Models
import Text
import Torch

/// One piece of text as the models take it. Lives on the device thread.
public struct PreparedPiece {
    /// Phone ids.
    public let phones: [Int]
    /// BERT features `[width, phones]`; nil for zeros, which all languages but Chinese have.
    public let features: Tensor?
    /// Length of the normalised text in code points, by which pieces are sorted into batches.
    public let normTextLength: Int

    /// Makes a piece.
    public init(phones: [Int], features: Tensor?, normTextLength: Int) {
        self.phones = phones
        self.features = features
        self.normTextLength = normTextLength
    }

    /// Computes the features of a piece that the text front-end made: RoBERTa's for Chinese runs, zeros for others.
    init(_ piece: TextPiece, encoders: SharedEncoders, device: Device, dtype: DType) throws {
        phones = piece.phoneIDs
        normTextLength = piece.normTextLength
        guard piece.segments.contains(where: { $0.language == .mandarin }) else {
            features = nil
            return
        }
        let chinese = try encoders.chineseEncoder()
        var parts: [Tensor] = []
        for segment in piece.segments {
            if segment.language == .mandarin, let word2ph = segment.sequence.word2ph {
                parts.append(try chinese.features(segment.sequence.normText, word2ph: word2ph))
            } else {
                parts.append(
                    try Tensor.zeros([chinese.width, segment.sequence.phoneIDs.count], dtype: dtype, device: device))
            }
        }
        features = try Tensor.concatenate(parts, dimension: 1)
    }
}
