/// A checkpoint: what container it comes in and what it holds.
///
/// Tensors are views of the mapped file; opening reads only the directory and the pickle. Nothing is executed.
public struct CheckpointFile: Sendable {
    /// The kinds of file that are read.
    public enum Container: String, Sendable, Codable {
        /// `torch.save` since PyTorch 1.6: a zip archive.
        case zip
        /// `torch.save` before: several pickles, then the storages.
        case legacyPickle
        /// Hugging Face safetensors.
        case safetensors
        /// An ONNX model, of which the weights are read.
        case onnx
    }

    /// Where the file was opened.
    public let path: String
    /// What the file is.
    public let container: Container
    /// The version tag in place of `PK`, if there is one.
    public let headTag: HeadTag?
    /// What the file holds; for safetensors and ONNX a dictionary of tensors.
    public let root: CheckpointValue
    /// Text that a safetensors header carries beside its tensors; for ONNX what the operations tell of the configuration.
    public let metadata: [String: String]
    /// Size of the file in bytes.
    public let byteCount: Int
    /// MD5 of the first 8192 bytes, by which published files are known; lowercase hexadecimal.
    public let headDigest: String
    /// What is unusual about the container.
    public let remarks: [String]

    /// Opens and reads a checkpoint.
    ///
    /// - Throws: ``CheckpointError``, its message beginning with the path.
    public static func open(
        path: String, limits: CheckpointLimits = .standard
    ) throws(CheckpointError) -> CheckpointFile {
        do throws(CheckpointError) {
            return try read(ByteBlock(mappingFileAt: path), path: path, limits: limits)
        } catch {
            throw error.naming(path: path)
        }
    }

    /// Reads a checkpoint from memory.
    ///
    /// - Parameter name: what to call it; becomes ``path``.
    /// - Throws: ``CheckpointError``, its message beginning with the name.
    public static func parse(
        _ bytes: [UInt8], name: String, limits: CheckpointLimits = .standard
    ) throws(CheckpointError) -> CheckpointFile {
        do throws(CheckpointError) {
            guard !bytes.isEmpty else { throw CheckpointError(.emptyFile, "the checkpoint is empty") }
            return try read(ByteBlock(copying: bytes), path: name, limits: limits)
        } catch {
            throw error.naming(path: name)
        }
    }

    /// The tensors of a dictionary of the file, by their names; entries that are no tensors are left out.
    ///
    /// - Parameter key: a top-level key such as `weight`; nil for the file's root itself.
    /// - Throws: `missingEntry` when there is no such dictionary or no tensor in it.
    public func tensors(under key: String?) throws(CheckpointError) -> [String: TensorRecord] {
        do throws(CheckpointError) { return try unnamedTensors(under: key) } catch { throw error.naming(path: path) }
    }

    /// ``tensors(under:)`` with errors that do not name the file.
    func unnamedTensors(under key: String?) throws(CheckpointError) -> [String: TensorRecord] {
        let value = try key.map { key throws(CheckpointError) in try unnamedEntry(key) } ?? root
        var result: [String: TensorRecord] = [:]
        for (name, value) in value.fieldEntries {
            if case .tensor(let tensor) = value { result[name] = tensor }
        }
        guard !result.isEmpty else {
            let place = key.map { "its entry '\($0)'" } ?? "it"
            throw CheckpointError(
                .missingEntry, "\(place) is \(value.kindName) without tensors; is this a model?")
        }
        return result
    }

    /// A top-level entry; the error does not name the file.
    func unnamedEntry(_ key: String) throws(CheckpointError) -> CheckpointValue {
        if let entry = root[key] { return entry }
        let keys = root.keys.prefix(8).map { $0.printable(maxLength: 40) }.joined(separator: ", ")
        let found = keys.isEmpty ? root.kindName : keys
        throw CheckpointError(
            .missingEntry, "there is no entry '\(key)' (found: \(found)); is this another kind of model?")
    }
}

extension CheckpointFile {
    /// What a reader of one container finds.
    struct Content {
        var container: Container
        var root: CheckpointValue
        var metadata: [String: String] = [:]
        var remarks: [String] = []
    }

    private static func read(
        _ block: ByteBlock, path: String, limits: CheckpointLimits
    ) throws(CheckpointError) -> CheckpointFile {
        let (headTag, content) = try content(of: block, limits: limits)
        return CheckpointFile(
            path: path, container: content.container, headTag: headTag, root: content.root,
            metadata: content.metadata, byteCount: block.bytes.count,
            headDigest: MD5.hexDigest(of: UnsafeRawBufferPointer(rebasing: block.bytes.prefix(8192))),
            remarks: content.remarks)
    }

    private static func content(
        of block: ByteBlock, limits: CheckpointLimits
    ) throws(CheckpointError) -> (HeadTag?, Content) {
        let bytes = block.bytes
        // First, because the length that a safetensors file begins with can look like anything else.
        if SafetensorsReader.recognizes(block) { return (nil, try SafetensorsReader(block, limits: limits).read()) }
        if bytes.count >= 4, bytes[2] == 0x03, bytes[3] == 0x04 {
            var headTag: HeadTag?
            if !(bytes[0] == UInt8(ascii: "P") && bytes[1] == UInt8(ascii: "K")) {
                guard let tag = HeadTag(bytes: (bytes[0], bytes[1])) else {
                    let shown = String(decoding: bytes.prefix(2), as: UTF8.self).debugDescription
                    throw CheckpointError(
                        .unknownHeadTag,
                        "its first two bytes are \(shown): neither PK nor a version tag from 00 to 06; the model is of "
                            + "a newer kind, or the file is damaged")
                }
                headTag = tag
            }
            return (headTag, try ZipCheckpointReader(block, limits: limits).read())
        }
        if ONNXGraph.recognizes(block) { return (nil, try ONNXReader(block, limits: limits).read()) }
        if bytes[0] == 0x80 { return (nil, try LegacyPickleReader(block, limits: limits).read()) }
        if bytes.count >= 2, bytes[0] == UInt8(ascii: "P"), bytes[1] == UInt8(ascii: "K") {
            // A directory without entries, or the first of several volumes.
            throw CheckpointError(.damagedArchive, "a zip archive without entries, so not a checkpoint")
        }
        throw CheckpointError(.notACheckpoint, "not a checkpoint: \(describe(bytes))")
    }

    /// What the first bytes look like, for people who picked the wrong file.
    private static func describe(_ bytes: UnsafeRawBufferPointer) -> String {
        func begins(_ text: String) -> Bool { bytes.starts(with: text.utf8) }
        if begins("RIFF") || begins("fLaC") || begins("OggS") || begins("ID3") { return "it is an audio file" }
        if begins("version https://git-lfs") {
            return "it is a Git LFS pointer of \(bytes.count) bytes; fetch the file itself with git lfs pull"
        }
        if begins("<!DOCTYPE") || begins("<html") || begins("<!doctype") {
            return "it is a web page; the download went to a page about the file, not to the file"
        }
        if begins("\u{1F}") || begins("7z") { return "it is a compressed archive; unpack it first" }
        if begins("GGUF") { return "it is a GGUF file" }
        let isText = bytes.prefix(512).allSatisfy { $0 >= 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        if isText { return "it is a text file" }
        return "it begins neither as a zip, nor as a pickle, nor as safetensors, nor as ONNX"
    }
}
