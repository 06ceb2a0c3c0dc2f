import Checkpoints
import Text
import Torch

/// What a synthesizer loads, and where it runs.
public struct SynthesisConfiguration: Sendable {
    /// The GPT checkpoint (text to semantic tokens).
    public var gptPath: String
    /// The SoVITS checkpoint (semantic tokens to audio).
    public var sovitsPath: String
    /// The folder of HuBERT: `config.json` and `pytorch_model.bin`.
    public var hubertFolder: String
    /// The folder of RoBERTa: `config.json`, `tokenizer.json` and `pytorch_model.bin`.
    public var robertaFolder: String
    /// Where the published models lie that some versions need beside a voice's own two files.
    public var pretrained: PretrainedModels
    /// Model versions of files by the MD5 of their first 8192 bytes, which tells v3 from v4.
    public var knownHashes = SoVITSVersion.publishedHashes
    /// The folder of the text front-end's tables.
    public var textResources: TextResources
    /// The user's readings; nil for none.
    public var userDictionary: UserDictionary?
    /// Told what the text front-end skipped or guessed, each a sentence for the log.
    public var onTextWarning: @Sendable (String) -> Void = { _ in }
    /// `g2pW.onnx`, which reads polyphonic Chinese characters; nil reads them by phrases.
    public var g2pwPath: String?
    /// Where models run.
    public var device: Device
    /// The models' element type; spectrograms and style pooling stay float32.
    public var dtype: DType
    /// Threads that one CPU operation may use; nil leaves libtorch's choice (all cores).
    public var threadCount: Int?
    /// Encoded references kept on the device.
    public var referenceCapacity: Int

    /// Makes a configuration.
    public init(
        gptPath: String, sovitsPath: String, hubertFolder: String, robertaFolder: String, pretrained: PretrainedModels,
        textResources: TextResources,
        device: Device = .cpu, dtype: DType = .float32, threadCount: Int? = nil, referenceCapacity: Int = 64
    ) {
        self.gptPath = gptPath
        self.sovitsPath = sovitsPath
        self.hubertFolder = hubertFolder
        self.robertaFolder = robertaFolder
        self.pretrained = pretrained
        self.textResources = textResources
        self.device = device
        self.dtype = dtype
        self.threadCount = threadCount
        self.referenceCapacity = referenceCapacity
    }
}
