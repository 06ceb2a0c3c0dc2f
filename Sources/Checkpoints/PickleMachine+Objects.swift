// The instructions that make objects: nothing is called, what a call would have made is described instead.
extension PickleMachine {
    /// Classes, calls, their results and the storages of tensors.
    mutating func object(_ opcode: PickleOpcode) throws(CheckpointError) {
        switch opcode {
        case .global:
            let module = try reader.line(limit: 1024)
            try pushGlobal(module: module, name: try reader.line(limit: 1024))
        case .stackGlobal:
            let name = try pop()
            let module = try pop()
            guard let module = graph.string(module), let name = graph.string(name) else {
                throw malformed("the name of a class is not text")
            }
            try pushGlobal(module: module, name: name)
        case .inst:
            let module = try reader.line(limit: 1024)
            try pushGlobal(module: module, name: try reader.line(limit: 1024))
            let callable = try pop()
            try construct(callable, arguments: try popToMark())
        case .obj:
            let parts = try popToMark()
            guard let callable = parts.first else { throw malformed("an object without a class") }
            try construct(callable, arguments: Array(parts.dropFirst()))
        case .reduce, .newObj:
            let arguments = try pop()
            let callable = try pop()
            guard let arguments = graph.elements(arguments) else {
                throw malformed("the arguments of a call are \(kindName(of: arguments)), not a tuple")
            }
            try construct(callable, arguments: arguments)
        case .newObjEx:
            let named = try pop()
            let arguments = try pop()
            let callable = try pop()
            guard let arguments = graph.elements(arguments) else {
                throw malformed("the arguments of a call are not a tuple")
            }
            try pushRecord(callable, arguments: arguments, namedArguments: named)
        case .persid:
            _ = try reader.line(limit: 1024)
            throw malformed("it refers to something outside the file by text")
        case .binPersid: try persistent(try pop())
        default: try build()
        }
    }

    private mutating func pushGlobal(module: String, name: String) throws(CheckpointError) {
        let global = PickleGraph.Global(module: module, name: name)
        guard !PickleGlobalPolicy.isForbidden(global) else {
            throw CheckpointError(
                .forbiddenCallable,
                "\(reader.name) asks for \(global.path) (at byte \(reader.offset)). A model has no reason to: the file "
                    + "is malicious or no model. Nothing was executed; do not use this file")
        }
        if let dtype = ScalarType(torchName: name), module == "torch" {
            return try push(.string("torch.\(dtype.rawValue)"))
        }
        let index: PickleGraph.ID
        if let known = globalIndex[global] {
            index = known
        } else {
            index = PickleGraph.ID(graph.globals.count)
            graph.globals.append(global)
            globalIndex[global] = index
        }
        try push(.global(index))
    }

    /// BUILD: sets the state of the object below.
    private mutating func build() throws(CheckpointError) {
        let state = try pop()
        switch graph.node(try top()) {
        case .record(let index): graph.records[Int(index)].state = state
        // An ordered dictionary's own attributes (`_metadata` of a state dictionary) and a tensor's are of no use here.
        case .dictionary, .tensor, .list: break
        default: throw malformed("it sets the state of \(kindName(of: try top()))")
        }
    }

    /// A persistent identifier: the declaration of a storage.
    private mutating func persistent(_ id: PickleGraph.ID) throws(CheckpointError) {
        guard let parts = graph.elements(id), let tag = parts.first.flatMap(graph.string) else {
            throw malformed("a reference to a storage is not a tuple that begins with text")
        }
        // Old files carry a module's source code along; the class is all that counts.
        if tag == "module", parts.count >= 2 { return try push(id: parts[1]) }
        guard tag == "storage", parts.count >= 5, let type = graph.global(parts[1]), let key = graph.string(parts[2]),
            let count = graph.int(parts[4]), count >= 0
        else { throw malformed("a reference to a storage is not well formed") }
        guard type.module == "torch" || type.module.hasPrefix("torch."),
            let scalarType = ScalarType(torchStorageName: type.name)
        else {
            // Complex and quantized storages: no model here has them.
            graph.unsupportedStorages[key] = ScalarType.unsupportedStorageByteCount(type.name)
            return try pushRecord(parts[1], arguments: Array(parts.dropFirst(2).prefix(3)), namedArguments: nil)
        }
        guard count <= limits.maxEntryBytes / scalarType.byteCount else {
            throw CheckpointError(.limitExceeded, "storage \(key) has \(count) elements, more than are read")
        }
        let declaration = PickleGraph.StorageDeclaration(key: key, scalarType: scalarType, elementCount: count)
        let index = declarationIndex[key] ?? graph.declarations.count
        if index == graph.declarations.count {
            graph.declarations.append(declaration)
            declarationIndex[key] = index
        }
        let known = graph.declarations[index]
        guard known.scalarType == scalarType, known.elementCount == count else {
            throw malformed("storage \(key) is declared twice, with different types or sizes")
        }
        var offset = 0
        if parts.count >= 6, let view = graph.elements(parts[5]) {
            guard view.count == 3, let start = graph.int(view[1]), start >= 0, start <= count else {
                throw malformed("a view of storage \(key) is not well formed")
            }
            offset = start
        }
        graph.storageViews.append(PickleGraph.StorageView(declaration: index, offset: offset))
        try push(.storage(PickleGraph.ID(graph.storageViews.count - 1)))
    }

    /// Adds the record of an object of an unknown class.
    mutating func pushRecord(
        _ callable: PickleGraph.ID, arguments: [PickleGraph.ID], namedArguments: PickleGraph.ID?
    ) throws(CheckpointError) {
        let typeName: String
        switch graph.node(callable) {
        case .global: typeName = graph.global(callable)?.path ?? ""
        case .string(let dtype): typeName = dtype
        case .record(let index): typeName = "result of \(graph.records[Int(index)].typeName)"
        default: throw malformed("it calls \(kindName(of: callable))")
        }
        graph.records.append(
            PickleGraph.Record(typeName: typeName, arguments: arguments, namedArguments: namedArguments))
        try push(.record(PickleGraph.ID(graph.records.count - 1)))
    }

    /// Adds a tensor whose storage is found later.
    mutating func pushTensor(_ tensor: PickleGraph.Tensor) throws(CheckpointError) {
        graph.tensors.append(tensor)
        try push(.tensor(PickleGraph.ID(graph.tensors.count - 1)))
    }
}
