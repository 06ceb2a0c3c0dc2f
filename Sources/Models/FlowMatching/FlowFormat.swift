import Checkpoints

/// What v3 and v4 differ in: the rate of their mel, and how speech is cut into calls of the flow.
///
/// Follows `init_vocoder` and `mel_fn` (GPT-SoVITS `TTS_infer_pack/TTS.py`).
public struct FlowFormat: Sendable, Hashable {
    /// Rate of the audio that the reference's mel is made of, in Hz.
    public let melRate: Int
    /// Size of the mel's transform and its window, in samples at ``melRate``.
    public let melFilterLength: Int
    /// Step of the mel, in samples at ``melRate``.
    public let melHopLength: Int
    /// Mel frames per frame of the text encoder; a semantic token is two of those.
    public let framesPerJointFrame: Double
    /// Mel frames per semantic token that upstream's mask lets through: a little more than there are in v3.
    let maskedFramesPerToken: Double
    /// Most frames of the reference that prompt a call.
    public let promptFrames: Int
    /// Most frames of a call, prompt included.
    public let callFrames: Int
    /// Frames that neighbouring calls of one batch share.
    public let overlapFrames: Int

    /// The format of a version; nil where it has no flow matching.
    public init?(_ version: ModelVersion) {
        switch version {
        case .v3:
            (melRate, melFilterLength, melHopLength) = (24_000, 1024, 256)
            (framesPerJointFrame, maskedFramesPerToken) = (1.875, 3.875)
            (promptFrames, callFrames) = (468, 934)
        case .v4:
            (melRate, melFilterLength, melHopLength) = (32_000, 1280, 320)
            (framesPerJointFrame, maskedFramesPerToken) = (2, 4)
            (promptFrames, callFrames) = (500, 1000)
        default: return nil
        }
        overlapFrames = 12
    }

    /// Mel frames that upstream's mask lets through for a number of tokens.
    func frameLimit(codes: Int, speed: Double) -> Int {
        let frames = Double(codes) * maskedFramesPerToken
        return speed == 1 ? Int(frames) : Int(frames / speed) + 1
    }
}
