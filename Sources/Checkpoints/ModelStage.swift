/// Which of the two models of a voice a checkpoint is, as the names of its tensors show.
enum ModelStage {
    /// GPT: phonemes to semantic tokens.
    case first
    /// SoVITS: semantic tokens to sound.
    case second

    private static let firstNames = [
        ".ar_predict_layer.", ".ar_text_embedding.", ".ar_audio_embedding.", "model.h.layers.",
    ]
    private static let secondNames = [
        "enc_p.", "dec.conv_post.", "ref_enc.", "cfm.", "bridge.", "wns1.", "linear_mel.", "sv_emb.",
    ]

    /// Nil where no name is telling.
    /// - Parameter names: of the tensors, in the `weight` dictionary or below it.
    init?(_ names: some Sequence<some StringProtocol>) {
        for name in names {
            if Self.firstNames.contains(where: { name.contains($0) }) {
                self = .first
                return
            }
            if Self.secondNames.contains(where: { name.hasPrefix($0) }) {
                self = .second
                return
            }
        }
        return nil
    }

    /// Refuses a checkpoint that was given in the other's place.
    func check(_ names: some Sequence<String>) throws(CheckpointError) {
        guard let found = ModelStage(names), found != self else { return }
        switch found {
        case .first:
            throw CheckpointError(
                .wrongStage,
                "it is a GPT model (first stage), in the place of a SoVITS model; were the two interchanged?")
        case .second:
            throw CheckpointError(
                .wrongStage,
                "it is a SoVITS model (second stage), in the place of a GPT model; were the two interchanged?")
        }
    }
}
