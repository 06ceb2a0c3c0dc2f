/// Reads what `torch.save` wrote before PyTorch 1.6, and still writes on request: a magic number, a protocol version,
/// facts about the machine, the objects, the storages' keys (five pickles), then each storage as count and elements.
struct LegacyPickleReader {
    private static let magicNumber = "119547037146038801333356"
    private static let protocolVersion = 1001

    private let block: ByteBlock
    private let limits: CheckpointLimits

    init(_ block: ByteBlock, limits: CheckpointLimits) throws(CheckpointError) {
        self.block = block
        self.limits = limits
    }

    /// Reads the pickles and finds every storage.
    func read() throws(CheckpointError) -> CheckpointFile.Content {
        var position = 0
        guard case .bigInt(Self.magicNumber) = try value(at: &position, name: "the pickle") else {
            throw CheckpointError(
                .notACheckpoint, "not a checkpoint: a plain pickle that torch.save did not write; nothing was executed")
        }
        guard try value(at: &position, name: "the protocol version").intValue == Self.protocolVersion else {
            throw CheckpointError(
                .unsupportedFormat, "a legacy checkpoint of a protocol other than \(Self.protocolVersion)")
        }
        let isByteSwapped =
            try value(at: &position, name: "the machine description")["little_endian"]?.boolValue == false
        let graph = try pickle(at: &position, name: "the object pickle")
        guard let keys = try value(at: &position, name: "the list of storages").arrayValue else {
            throw CheckpointError(.malformedPickle, "the list of storages is no list")
        }
        let storages = try storages(of: graph, keys: keys.map(\.stringValue), from: position, isByteSwapped)
        var materializer = PickleMaterializer(graph, storages: storages, limits: limits)
        let root = try materializer.root()
        return CheckpointFile.Content(
            container: .legacyPickle, root: root,
            remarks: isByteSwapped ? ["storages are written in big-endian order"] : [])
    }

    private func pickle(at position: inout Int, name: String) throws(CheckpointError) -> PickleGraph {
        var machine = PickleMachine(
            ByteReader(block, range: position..<block.bytes.count, name: name), limits: limits)
        try machine.run()
        position = machine.reader.position
        return machine.graph
    }

    private func value(at position: inout Int, name: String) throws(CheckpointError) -> CheckpointValue {
        var materializer = PickleMaterializer(
            try pickle(at: &position, name: name), storages: [], limits: limits)
        return try materializer.root()
    }

    private func storages(
        of graph: PickleGraph, keys: [String?], from position: Int, _ isByteSwapped: Bool
    ) throws(CheckpointError) -> [TensorStorage] {
        let declared = Dictionary(
            graph.declarations.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        var found = [TensorStorage?](repeating: nil, count: graph.declarations.count)
        var reader = ByteReader(block, range: position..<block.bytes.count, name: "the checkpoint")
        for key in keys {
            if let key, declared[key] == nil, let elementByteCount = graph.unsupportedStorages[key] {
                try skip(key, elementByteCount, &reader)
                continue
            }
            guard let key, let index = declared[key] else {
                throw CheckpointError(
                    .malformedPickle, "the list of storages names '\(key ?? "?")', which no tensor uses")
            }
            let declaration = graph.declarations[index]
            let count = try reader.length64()
            guard count == declaration.elementCount else {
                throw CheckpointError(
                    .missingStorage,
                    "storage \(key) holds \(count) elements; its tensors need \(declaration.elementCount)")
            }
            let start = reader.position
            _ = try reader.bytes(declaration.byteCount)
            found[index] = TensorStorage(
                block, range: start..<reader.position, scalarType: declaration.scalarType, isMapped: true,
                isByteSwapped: isByteSwapped)
        }
        var result: [TensorStorage] = []
        for (storage, declaration) in zip(found, graph.declarations) {
            guard let storage else {
                throw CheckpointError(.missingStorage, "storage \(declaration.key) is not in the file")
            }
            result.append(storage)
        }
        return result
    }

    private func skip(_ key: String, _ elementByteCount: Int, _ reader: inout ByteReader) throws(CheckpointError) {
        let (byteCount, overflow) = try reader.length64().multipliedReportingOverflow(by: elementByteCount)
        guard elementByteCount > 0 else {
            throw CheckpointError(.unsupportedScalarType, "storage \(key) has a type of unknown size")
        }
        _ = try reader.bytes(overflow ? .max : byteCount)
    }
}
