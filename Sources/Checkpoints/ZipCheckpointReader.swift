/// Reads what `torch.save` writes since PyTorch 1.6: a zip archive with `data.pkl` and one entry per storage, all under
/// one folder of any name.
struct ZipCheckpointReader {
    private let block: ByteBlock
    private let archive: ZipArchive
    private let limits: CheckpointLimits
    private var inflater: Inflater
    private var remarks: [String] = []

    init(_ block: ByteBlock, limits: CheckpointLimits) throws(CheckpointError) {
        self.block = block
        self.limits = limits
        archive = try ZipArchive(block, limits: limits)
        inflater = Inflater(fileByteCount: block.bytes.count, limits: limits)
    }

    /// Reads the pickle and finds every storage.
    consuming func read() throws(CheckpointError) -> CheckpointFile.Content {
        let root = try rootFolder()
        let isByteSwapped = try readByteOrder(root) == "big"
        let pickle = try unpack(try entry(root + "data.pkl"))
        guard pickle.range.count <= limits.maxMetadataBytes else {
            throw CheckpointError(
                .limitExceeded,
                "data.pkl has \(pickle.range.count) bytes; at most \(limits.maxMetadataBytes) are read")
        }
        var machine = PickleMachine(ByteReader(pickle.block, range: pickle.range, name: "data.pkl"), limits: limits)
        do throws(CheckpointError) {
            try machine.run()
        } catch {
            // Inside an archive that is whole, a pickle that ends early is damaged, not cut short.
            guard error.code == .truncated else { throw error }
            throw CheckpointError(.malformedPickle, error.message)
        }
        var storages: [TensorStorage] = []
        for declaration in machine.graph.declarations {
            storages.append(try storage(declaration, root: root, isByteSwapped: isByteSwapped))
        }
        var materializer = PickleMaterializer(machine.graph, storages: storages, limits: limits)
        let value = try materializer.root()
        return CheckpointFile.Content(container: .zip, root: value, remarks: remarks)
    }

    /// The folder of `data.pkl`, with its slash.
    private func rootFolder() throws(CheckpointError) -> String {
        let suffix = "data.pkl"
        let candidates = archive.entries.map(\.name).filter { $0 == suffix || $0.hasSuffix("/" + suffix) }
        guard let shortest = candidates.min(by: { $0.utf8.count < $1.utf8.count }) else {
            if let code = archive.entries.first(where: { $0.name.hasSuffix("/constants.pkl") }) {
                throw CheckpointError(
                    .unsupportedFormat, "a TorchScript archive (\(code.name)); its weights must be saved by torch.save")
            }
            throw CheckpointError(
                .notACheckpoint,
                "a zip archive of \(archive.entries.count) entries without data.pkl, so not a checkpoint")
        }
        let root = String(shortest.dropLast(suffix.count))
        if archive[root + "constants.pkl"] != nil {
            throw CheckpointError(
                .unsupportedFormat, "a TorchScript archive; its weights must be saved by torch.save")
        }
        return root
    }

    private func entry(_ name: String) throws(CheckpointError) -> ZipArchive.Entry {
        guard let entry = archive[name] else {
            throw CheckpointError(.missingStorage, "the archive has no entry \(name); it is incomplete: copy it again")
        }
        return entry
    }

    /// The content of the entry `byteorder`, which says in what order storages are written; little where it is missing.
    private mutating func readByteOrder(_ root: String) throws(CheckpointError) -> String {
        guard let entry = archive[root + "byteorder"] else { return "little" }
        let (block, range) = try unpack(entry)
        let text = String(decoding: block.bytes[range].prefix(16), as: UTF8.self)
        guard text == "little" || text == "big" else {
            throw CheckpointError(.unsupportedFormat, "the byte order '\(text)' is not known")
        }
        if text == "big" { remarks.append("storages are written in big-endian order") }
        return text
    }

    /// Where an entry's plain bytes lie.
    private mutating func unpack(
        _ entry: ZipArchive.Entry
    ) throws(CheckpointError) -> (block: ByteBlock, range: Range<Int>) {
        let range = try archive.packedRange(of: entry)
        guard entry.method == 8 else { return (block, range) }
        let plain = try inflater.inflate(entry, at: range, in: block)
        return (plain, 0..<plain.bytes.count)
    }

    private mutating func storage(
        _ declaration: PickleGraph.StorageDeclaration, root: String, isByteSwapped: Bool
    ) throws(CheckpointError) -> TensorStorage {
        let entry = try entry("\(root)data/\(declaration.key)")
        let needed = declaration.byteCount
        guard entry.byteCount >= needed else {
            throw CheckpointError(
                .missingStorage,
                "entry \(entry.name) has \(entry.byteCount) bytes; its tensors need \(needed): the file is damaged")
        }
        let isDeflated = entry.method == 8
        let (source, range) = try unpack(entry)
        return TensorStorage(
            source, range: range.lowerBound..<range.lowerBound + needed, scalarType: declaration.scalarType,
            isMapped: !isDeflated, isByteSwapped: isByteSwapped,
            expectedChecksum: isDeflated || entry.byteCount != needed ? nil : entry.checksum)
    }
}
