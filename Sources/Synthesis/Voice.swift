import Torch

/// A second stage with the references of a request: whatever turns semantic tokens into one speaker's samples.
///
/// One conforming type for each family of model versions. Lives on the device thread.
protocol Voice {
    /// Rate of the samples, in Hz.
    var samplingRate: Int { get }
    /// Rate in Hz at which pauses are counted, whatever rate the samples have (`sampling_rate` of the model's configuration).
    var pauseRate: Int { get }

    /// Speaks the pieces of one batch, none of them without tokens.
    /// - Returns: samples of each piece, in their order.
    func speak(
        _ pieces: [(tokens: [Int], phones: [Int])], options: SpeechOptions, generator: Generator,
        onStep: () throws -> Void
    ) throws -> [[Float]]

    /// What speaks a piece chunk by chunk; nil where the model needs all tokens at once.
    func streamed(phones: [Int], options: SpeechOptions) -> StreamedPiece?
}
