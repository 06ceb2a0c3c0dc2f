extension PickleMachine {
    /// What a call of a known constructor yields; every other callable becomes a record.
    mutating func construct(_ callable: PickleGraph.ID, arguments: [PickleGraph.ID]) throws(CheckpointError) {
        guard let global = graph.global(callable) else {
            return try pushRecord(callable, arguments: arguments, namedArguments: nil)
        }
        switch global.path {
        case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
            try rebuildTensor(callable, arguments)
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
            guard let data = arguments.first else { throw malformed("a parameter without its tensor") }
            try push(id: data)
        case "torch._tensor._rebuild_from_type_v2":
            // (function, type, arguments of the function, state)
            guard arguments.count >= 3, let inner = graph.elements(arguments[2]),
                graph.global(arguments[0])?.path.hasPrefix("torch._utils._rebuild_") == true
            else { return try pushRecord(callable, arguments: arguments, namedArguments: nil) }
            try construct(arguments[0], arguments: inner)
        case "torch.Size": try pushCopy(arguments) { .tuple($0) }
        case "torch.device":
            let index = arguments.count > 1 ? graph.int(arguments[1]).map { ":\($0)" } ?? "" : ""
            guard let name = arguments.first.flatMap({ graph.string($0) }) else {
                return try pushRecord(callable, arguments: arguments, namedArguments: nil)
            }
            try push(.string(name + index))
        case "collections.OrderedDict", "builtins.dict", "__builtin__.dict", "collections.Counter":
            try pushDictionary(callable, arguments)
        case "collections.defaultdict": try pushDictionary(callable, Array(arguments.dropFirst().prefix(1)))
        case "builtins.list", "__builtin__.list", "builtins.set", "__builtin__.set", "builtins.frozenset",
            "__builtin__.frozenset", "collections.deque":
            try pushCopy(Array(arguments.prefix(1))) { .list($0) }
        case "builtins.tuple", "__builtin__.tuple": try pushCopy(arguments) { .tuple($0) }
        case "_codecs.encode": try pushEncoded(callable, arguments)
        case "copy_reg._reconstructor", "copyreg._reconstructor":
            guard let type = arguments.first, graph.global(type) != nil else {
                return try pushRecord(callable, arguments: arguments, namedArguments: nil)
            }
            try pushRecord(type, arguments: [], namedArguments: nil)
        default: try pushRecord(callable, arguments: arguments, namedArguments: nil)
        }
    }

    /// `_rebuild_tensor(storage, offset, size, stride, …)`; version 3 adds the dtype as its seventh argument.
    private mutating func rebuildTensor(
        _ callable: PickleGraph.ID, _ arguments: [PickleGraph.ID]
    ) throws(CheckpointError) {
        guard arguments.count >= 4 else { throw malformed("a tensor with \(arguments.count) arguments") }
        guard case .storage(let index) = graph.node(arguments[0]) else {
            guard case .record = graph.node(arguments[0]) else { throw malformed("a tensor without a storage") }
            return try pushRecord(callable, arguments: arguments, namedArguments: nil)
        }
        guard let offset = graph.int(arguments[1]), offset >= 0, let shape = graph.ints(arguments[2]),
            let strides = graph.ints(arguments[3])
        else { throw malformed("a tensor's shape, strides or offset are no integers") }
        let view = graph.storageViews[Int(index)]
        var dtype = graph.declarations[view.declaration].scalarType
        if graph.global(callable)?.name == "_rebuild_tensor_v3", arguments.count >= 7 {
            guard let named = graph.string(arguments[6]), named.hasPrefix("torch."),
                let known = ScalarType(torchName: String(named.dropFirst("torch.".count)))
            else { return try pushRecord(callable, arguments: arguments, namedArguments: nil) }
            dtype = known
        }
        try pushTensor(
            PickleGraph.Tensor(view: view, dtype: dtype, offset: offset, shape: shape, strides: strides))
    }

    private mutating func pushCopy(
        _ arguments: [PickleGraph.ID], _ make: ([PickleGraph.ID]) -> PickleGraph.Node
    ) throws(CheckpointError) {
        guard let first = arguments.first else { return try push(make([])) }
        guard let elements = graph.elements(first) else { throw malformed("a container is made from no list") }
        try charge(elements.count)
        try push(make(elements))
    }

    private mutating func pushDictionary(
        _ callable: PickleGraph.ID, _ arguments: [PickleGraph.ID]
    ) throws(CheckpointError) {
        guard let first = arguments.first else { return try push(.dictionary([])) }
        if case .dictionary(let entries) = graph.node(first) {
            try charge(entries.count)
            return try push(.dictionary(entries))
        }
        guard let pairs = graph.elements(first) else { throw malformed("a dictionary is made from no list of pairs") }
        try charge(2 * pairs.count)
        var entries: [PickleGraph.ID] = []
        for pair in pairs {
            guard let parts = graph.elements(pair), parts.count == 2 else {
                throw malformed("a dictionary is made from something else than pairs")
            }
            entries += parts
        }
        try push(.dictionary(entries))
    }

    /// `_codecs.encode(text, 'latin1')`, which is how old protocols write bytes.
    private mutating func pushEncoded(
        _ callable: PickleGraph.ID, _ arguments: [PickleGraph.ID]
    ) throws(CheckpointError) {
        guard arguments.count == 2, let text = graph.string(arguments[0]),
            let encoding = graph.string(arguments[1]), encoding == "latin1" || encoding == "latin-1"
        else { return try pushRecord(callable, arguments: arguments, namedArguments: nil) }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard scalar.value < 256 else { throw malformed("bytes that are written as text hold U+\(scalar.value)") }
            bytes.append(UInt8(scalar.value))
        }
        try charge(bytes.count / 16)
        try push(.bytes(bytes))
    }
}
