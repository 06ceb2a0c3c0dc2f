/// The generation of a SoVITS model, which decides its architecture.
public enum ModelVersion: String, Sendable, CaseIterable, Codable {
    /// 32 kHz, 322 symbols.
    case v1
    /// 32 kHz, 732 symbols.
    case v2
    /// Flow matching with BigVGAN, 24 kHz.
    case v3
    /// Flow matching with its own vocoder, 48 kHz.
    case v4
    /// v2 with a speaker embedding.
    case v2Pro
    /// v2Pro with a wider decoder.
    case v2ProPlus

    /// Whether a diffusion transformer makes a mel spectrogram that a vocoder turns into sound.
    public var usesFlowMatching: Bool { self == .v3 || self == .v4 }
    /// Whether it needs a speaker embedding (ERes2NetV2) of the reference audio.
    public var usesSpeakerEmbedding: Bool { self == .v2Pro || self == .v2ProPlus }
}

/// The symbol table that turns phonemes into numbers.
public enum SymbolVersion: String, Sendable, CaseIterable, Codable {
    /// 322 symbols.
    case v1
    /// 732 symbols.
    case v2
}

/// What is known of a SoVITS file without reading its tensors.
public struct SoVITSVersion: Sendable, Hashable, Codable {
    /// How the version was found.
    public enum Evidence: String, Sendable, Codable {
        /// The digest of the first 8192 bytes is that of a published file.
        case publishedHash
        /// The tag in place of `PK`.
        case headTag
        /// The file's size.
        case fileSize
        /// What the file holds, and its name, where neither digest nor tag tell and the size alone would be wrong.
        case content
    }

    /// The symbol table.
    public var symbols: SymbolVersion
    /// The architecture.
    public var model: ModelVersion
    /// Whether the file holds LoRA factors for a base model instead of a whole model.
    public var isLoRA: Bool
    /// How the version was found.
    public var evidence: Evidence

    /// Creates a version.
    public init(symbols: SymbolVersion, model: ModelVersion, isLoRA: Bool, evidence: Evidence) {
        self.symbols = symbols
        self.model = model
        self.isLoRA = isLoRA
        self.evidence = evidence
    }

    /// MD5 of the first 8192 bytes of the published second-stage files (GPT-SoVITS `process_ckpt.py`).
    ///
    /// The v1 file is listed as v2: the rows of its text embedding tell it apart.
    public static let publishedHashes: [String: SoVITSVersion] = [
        "dc3c97e17592963677a4a1681f30c653": .published(.v2),  // s2G488k.pth
        "6642b37f3dbb1f76882b69937c95a5f3": .published(.v2),  // s2G2333K.pth
        "43797be674a37c1c83ee81081941ed0f": .published(.v3),  // s2Gv3.pth
        "4f26b9476d0c5033e04162c486074374": .published(.v4),  // s2Gv4.pth
        "c7e9fce2223f3db685cdfa1e6368728a": .published(.v2Pro),  // s2Gv2Pro.pth
        "66b313e39455b57ab1b0bc0b239c9d0a": .published(.v2ProPlus),  // s2Gv2ProPlus.pth
    ]

    /// The version of a published whole model with the v2 symbols.
    public static func published(_ model: ModelVersion) -> SoVITSVersion {
        SoVITSVersion(symbols: .v2, model: model, isLoRA: false, evidence: .publishedHash)
    }

    /// Files below this many bytes are v1 where nothing else tells.
    static let largestV1ByteCount = 82_978 * 1024
    /// Files below this many bytes are v2 where nothing else tells, larger ones v3.
    static let largestV2ByteCount = 700 * 1024 * 1024

    /// Finds the version in the order of `get_sovits_version_from_path_fast`: digest, head tag, size.
    ///
    /// - Parameters:
    ///   - headDigest: MD5 of the first 8192 bytes, lowercase hexadecimal.
    ///   - headTag: the tag in place of `PK`.
    ///   - byteCount: size of the file in bytes.
    ///   - knownHashes: versions by digest.
    public static func detect(
        headDigest: String, headTag: HeadTag?, byteCount: Int, knownHashes: [String: SoVITSVersion] = publishedHashes
    ) -> SoVITSVersion {
        if let known = knownHashes[headDigest] { return known }
        func found(_ model: ModelVersion, _ evidence: Evidence, isLoRA: Bool = false) -> SoVITSVersion {
            SoVITSVersion(symbols: model == .v1 ? .v1 : .v2, model: model, isLoRA: isLoRA, evidence: evidence)
        }
        switch headTag {
        case .v1: return found(.v1, .headTag)
        case .v2: return found(.v2, .headTag)
        case .v3: return found(.v3, .headTag)
        case .v3LoRA: return found(.v3, .headTag, isLoRA: true)
        case .v4LoRA: return found(.v4, .headTag, isLoRA: true)
        case .v2Pro: return found(.v2Pro, .headTag)
        case .v2ProPlus: return found(.v2ProPlus, .headTag)
        case nil:
            if byteCount < largestV1ByteCount { return found(.v1, .fileSize) }
            return found(byteCount < largestV2ByteCount ? .v2 : .v3, .fileSize)
        }
    }

    /// Lets the rows of the text embedding decide between v1 and v2, as `init_vits_weights` does.
    ///
    /// - Parameter textEmbeddingRows: rows of `enc_p.text_embedding.weight`; nil where a LoRA file has none.
    public func refined(textEmbeddingRows: Int?) -> SoVITSVersion {
        var result = self
        result.symbols = textEmbeddingRows == 322 ? .v1 : .v2
        if model == .v1 || model == .v2 { result.model = result.symbols == .v1 ? .v1 : .v2 }
        return result
    }

    /// Corrects what the size alone says of a whole model that was saved again without its tag, where the Python server would
    /// load it as something that it is not. v3 and v4 hold the same tensors: the name of the file or of its folder decides.
    ///
    /// - Parameter path: where the file lies, such as `SoVITS_weights_v4/voice.pth`.
    func refined(by content: SoVITSContent, path: String) -> SoVITSVersion {
        guard evidence == .fileSize, content.loraFactorNames.isEmpty else { return self }
        let place = path.lowercased().split(separator: "/").suffix(2).joined(separator: "/")
        var result = self
        if content.hasFlowMatching {
            result.model = place.contains("v4") ? .v4 : .v3
        } else if content.hasSpeakerEmbedding {
            result.model = place.contains("proplus") ? .v2ProPlus : .v2Pro
        }
        if result.model != model { result.evidence = .content }
        return result
    }
}
