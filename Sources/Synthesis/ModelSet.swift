import Checkpoints
import Synchronization
import Text
import Torch

private let loads = Atomic<UInt64>(0)

/// The models that one voice needs, loaded on one device.
///
/// Not `Sendable`: it lives on the device thread. A set is immutable; switching weights makes a new one, which shares with the
/// old one whatever does not change.
struct ModelSet {
    /// Text to semantic tokens.
    let gpt: Loaded<SharedDecoder>
    /// Semantic tokens to audio.
    let sovits: Loaded<SecondStage>
    /// The encoders that all sets share.
    let encoders: SharedEncoders

    /// A model with the file it came from.
    final class Loaded<Model> {
        let model: Model
        let path: String
        /// Counts loads in this process: unlike an address it is never used again, so caches can be keyed by it.
        let number: UInt64

        init(_ model: Model, path: String) {
            self.model = model
            self.path = path
            number = loads.add(1, ordering: .relaxed).newValue
        }
    }

    /// What the outside may know of the set.
    var description: ModelSetInfo {
        ModelSetInfo(gptPath: gpt.path, sovitsPath: sovits.path, version: sovits.model.version)
    }
}

/// What the outside may know of a loaded model set.
public struct ModelSetInfo: Sendable, Hashable {
    /// The GPT checkpoint's path, as it was asked for.
    public let gptPath: String
    /// The SoVITS checkpoint's path, as it was asked for.
    public let sovitsPath: String
    /// The model version, which decides symbols and languages.
    public let version: ModelVersion

    /// The symbol table that the version speaks.
    public var symbolVersion: Text.SymbolVersion { version == .v1 ? .v1 : .v2 }
}
