/// Turns a pickle's graph into values, with bounded depth and size.
///
/// Shared containers stay shared in memory; a container that holds itself becomes a record of kind `cycle`.
struct PickleMaterializer {
    private struct Shared {
        let value: CheckpointValue
        /// Containers on the longest way down, this one included.
        let height: Int
        /// Values in the tree below, this one included.
        let size: Int
    }

    private let graph: PickleGraph
    private let storages: [TensorStorage]
    private let limits: CheckpointLimits
    private var finished: [PickleGraph.ID: Shared] = [:]
    private var open: Set<PickleGraph.ID> = []
    private var repeatBudget: Int

    /// Creates a materializer; `storages` are those that the graph declares, in the same order.
    init(_ graph: PickleGraph, storages: [TensorStorage], limits: CheckpointLimits) {
        self.graph = graph
        self.storages = storages
        self.limits = limits
        repeatBudget = limits.maxRepeatedElements
    }

    /// The value of the root.
    mutating func root() throws(CheckpointError) -> CheckpointValue { try visit(graph.root, depth: 0).value }

    private mutating func visit(_ id: PickleGraph.ID, depth: Int) throws(CheckpointError) -> Shared {
        switch graph.node(id) {
        case .none: return leaf(.none)
        case .bool(let value): return leaf(.bool(value))
        case .int(let value): return leaf(.int(value))
        case .bigInt(let value): return leaf(.bigInt(value))
        case .float(let value): return leaf(.float(value))
        case .string(let value): return leaf(.string(value))
        case .bytes(let value): return leaf(.bytes(value))
        case .global: return leaf(.record(OpaqueRecord(.reference, graph.global(id)?.path ?? "")))
        case .storage: return leaf(.record(OpaqueRecord(.reference, "torch storage")))
        case .tensor, .list, .tuple, .dictionary, .record: return try container(id, depth: depth)
        }
    }

    private func leaf(_ value: CheckpointValue) -> Shared { Shared(value: value, height: 0, size: 1) }

    private mutating func container(_ id: PickleGraph.ID, depth: Int) throws(CheckpointError) -> Shared {
        if let known = finished[id] {
            guard depth + known.height <= limits.maxNesting else { throw tooDeep() }
            return known
        }
        guard open.insert(id).inserted else {
            return leaf(.record(OpaqueRecord(.cycle, "reference to a container that holds it")))
        }
        guard depth < limits.maxNesting else { throw tooDeep() }
        var height = 0
        var size = 1
        let value: CheckpointValue
        switch graph.node(id) {
        case .list(let elements): value = .list(try values(elements, depth, &height, &size))
        case .tuple(let elements): value = .tuple(try values(elements, depth, &height, &size))
        case .dictionary(let entries): value = .dictionary(try pairs(entries, depth, &height, &size))
        case .tensor(let index): value = .tensor(try tensor(graph.tensors[Int(index)]))
        case .record(let index):
            let record = graph.records[Int(index)]
            value = .record(
                OpaqueRecord(
                    kind: .instance, typeName: record.typeName,
                    arguments: try values(record.arguments, depth, &height, &size),
                    namedArguments: try optional(record.namedArguments, depth, &height, &size),
                    state: try optional(record.state, depth, &height, &size),
                    elements: try values(record.elements, depth, &height, &size),
                    entries: try pairs(record.entries, depth, &height, &size)))
        default: value = .none
        }
        open.remove(id)
        let shared = Shared(value: value, height: height + 1, size: size)
        finished[id] = shared
        return shared
    }

    private mutating func child(
        _ id: PickleGraph.ID, _ depth: Int, _ height: inout Int, _ size: inout Int
    ) throws(CheckpointError) -> CheckpointValue {
        let shared = try visit(id, depth: depth + 1)
        height = max(height, shared.height)
        size += shared.size
        guard size <= limits.maxExpandedValues else {
            throw CheckpointError(
                .limitExceeded,
                "the pickle's shared references write out to more than the \(limits.maxExpandedValues) values that "
                    + "are read")
        }
        return shared.value
    }

    private mutating func values(
        _ ids: [PickleGraph.ID], _ depth: Int, _ height: inout Int, _ size: inout Int
    ) throws(CheckpointError) -> [CheckpointValue] {
        var result: [CheckpointValue] = []
        result.reserveCapacity(ids.count)
        for id in ids { result.append(try child(id, depth, &height, &size)) }
        return result
    }

    private mutating func optional(
        _ id: PickleGraph.ID?, _ depth: Int, _ height: inout Int, _ size: inout Int
    ) throws(CheckpointError) -> CheckpointValue {
        guard let id else { return .none }
        return try child(id, depth, &height, &size)
    }

    private mutating func pairs(
        _ ids: [PickleGraph.ID], _ depth: Int, _ height: inout Int, _ size: inout Int
    ) throws(CheckpointError) -> [(key: CheckpointValue, value: CheckpointValue)] {
        var result: [(key: CheckpointValue, value: CheckpointValue)] = []
        result.reserveCapacity(ids.count / 2)
        var positions: [DictionaryKey: Int] = [:]
        for index in stride(from: 0, to: ids.count - 1, by: 2) {
            let key = try child(ids[index], depth, &height, &size)
            let value = try child(ids[index + 1], depth, &height, &size)
            if let hashable = DictionaryKey(key) {
                if let known = positions[hashable] {
                    result[known].value = value
                    continue
                }
                positions[hashable] = result.count
            }
            result.append((key, value))
        }
        return result
    }

    private mutating func tensor(_ tensor: PickleGraph.Tensor) throws(CheckpointError) -> TensorRecord {
        guard storages.indices.contains(tensor.view.declaration) else {
            throw CheckpointError(.missingStorage, "a tensor's storage is not in the file")
        }
        let (offset, overflow) = tensor.offset.addingReportingOverflow(tensor.view.offset)
        return try TensorRecord(
            dtype: tensor.dtype, shape: tensor.shape, strides: tensor.strides, storageOffset: overflow ? .max : offset,
            storage: storages[tensor.view.declaration], repeatBudget: &repeatBudget)
    }

    private func tooDeep() -> CheckpointError {
        CheckpointError(
            .limitExceeded, "the pickle nests containers deeper than the \(limits.maxNesting) that are read")
    }
}

/// A key that Python would find equal to itself.
private enum DictionaryKey: Hashable {
    case string(String)
    case int(Int64)

    init?(_ value: CheckpointValue) {
        switch value {
        case .string(let text): self = .string(text)
        case .int(let number): self = .int(number)
        default: return nil
        }
    }
}

extension OpaqueRecord {
    init(_ kind: Kind, _ typeName: String) {
        self.init(
            kind: kind, typeName: typeName, arguments: [], namedArguments: .none, state: .none, elements: [],
            entries: [])
    }
}
