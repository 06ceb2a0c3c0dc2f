/// Runs the instructions of a pickle (Python's `pickletools`, protocols 0 to 5) without executing anything of it.
///
/// Calls do not happen: tensors, shapes, ordered dictionaries and a few more are built here, and every other class or
/// function becomes a record of its name, arguments and state. Every step is bounded by ``CheckpointLimits``.
struct PickleMachine {
    /// What the pickle describes so far.
    private(set) var graph = PickleGraph()
    /// The next byte to read.
    private(set) var reader: ByteReader

    private let limits: CheckpointLimits
    private var stack: [PickleGraph.ID] = []
    /// Heights of the stack where a mark was set.
    private var marks: [Int] = []
    private var memo: [Int: PickleGraph.ID] = [:]
    private var pushCount = 0
    private var globalIndex: [PickleGraph.Global: PickleGraph.ID] = [:]
    private var declarationIndex: [String: Int] = [:]

    /// Creates a machine that reads one pickle from where `reader` stands.
    init(_ reader: ByteReader, limits: CheckpointLimits) {
        self.reader = reader
        self.limits = limits
    }

    /// Runs to the STOP instruction; ``graph`` then has its root set, and ``reader`` stands behind the pickle.
    mutating func run() throws(CheckpointError) {
        let start = reader.position
        while true {
            guard reader.position - start <= limits.maxMetadataBytes else {
                throw CheckpointError(
                    .limitExceeded, "\(reader.name) is longer than the \(limits.maxMetadataBytes) bytes that are read")
            }
            let code = try reader.integer(UInt8.self)
            guard let opcode = PickleOpcode(rawValue: code) else {
                throw malformed("0x\(String(code, radix: 16)) is no pickle instruction")
            }
            if opcode == .stop {
                graph.root = try pop()
                return
            }
            try step(opcode)
        }
    }

    // MARK: Instructions

    private mutating func step(_ opcode: PickleOpcode) throws(CheckpointError) {
        switch opcode {
        case .proto:
            let version = try reader.integer(UInt8.self)
            guard version <= 5 else { throw malformed("pickle protocol \(version) is not known") }
        case .frame: _ = try reader.bytes(8)
        case .stop, .readonlyBuffer: break
        case .mark:
            try charge(1)
            marks.append(stack.count)
        case .pop:
            if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
        case .popMark: _ = try popToMark()
        case .dup: try push(id: try top())
        case .none: try push(.none)
        case .newTrue: try push(.bool(true))
        case .newFalse: try push(.bool(false))
        case .int, .binInt, .binInt1, .binInt2, .long, .long1, .long4, .float, .binFloat: try number(opcode)
        case .string, .binString, .shortBinString, .unicode, .shortBinUnicode, .binUnicode, .binUnicode8, .binBytes,
            .shortBinBytes, .binBytes8, .byteArray8:
            try text(opcode)
        case .emptyList, .emptySet: try push(.list([]))
        case .emptyTuple: try push(.tuple([]))
        case .emptyDict: try push(.dictionary([]))
        case .list, .frozenSet: try push(.list(try popToMark()))
        case .tuple: try push(.tuple(try popToMark()))
        case .tuple1: try push(.tuple([try pop()]))
        case .tuple2:
            let second = try pop()
            try push(.tuple([try pop(), second]))
        case .tuple3:
            let third = try pop()
            let second = try pop()
            try push(.tuple([try pop(), second, third]))
        case .dict: try push(.dictionary(try Self.pairs(try popToMark())))
        case .append: try appendElements([try pop()])
        case .appends, .addItems: try appendElements(try popToMark())
        case .setItem:
            let value = try pop()
            try setEntries([try pop(), value])
        case .setItems: try setEntries(try Self.pairs(try popToMark()))
        case .get, .binGet, .longBinGet, .put, .binPut, .longBinPut, .memoize: try remember(opcode)
        case .global, .stackGlobal, .inst, .obj, .reduce, .newObj, .newObjEx, .build, .persid, .binPersid:
            try object(opcode)
        case .ext1, .ext2, .ext4, .nextBuffer:
            throw malformed("it uses extension codes or out-of-band buffers, which no checkpoint does")
        }
    }

    private mutating func number(_ opcode: PickleOpcode) throws(CheckpointError) {
        switch opcode {
        case .binInt: try push(.int(Int64(try reader.integer(Int32.self))))
        case .binInt1: try push(.int(Int64(try reader.integer(UInt8.self))))
        case .binInt2: try push(.int(Int64(try reader.integer(UInt16.self))))
        case .binFloat:
            // The one big-endian value of the format.
            try push(.float(Double(bitPattern: try reader.integer(UInt64.self).byteSwapped)))
        case .float:
            let line = try reader.line(limit: 64)
            guard let value = Double(line) else { throw malformed("'\(line)' is no number") }
            try push(.float(value))
        case .int:
            let line = try reader.line(limit: PickleInteger.maxDigits)
            switch line {
            case "00": try push(.bool(false))
            case "01": try push(.bool(true))
            default: try push(try integer(PickleInteger(decimal: line)))
            }
        case .long:
            var line = try reader.line(limit: PickleInteger.maxDigits)
            if line.hasSuffix("L") { line.removeLast() }
            try push(try integer(PickleInteger(decimal: line)))
        default:
            let count = opcode == .long1 ? Int(try reader.integer(UInt8.self)) : try reader.length32()
            guard count <= PickleInteger.maxBytes else { throw malformed("an integer of \(count) bytes") }
            try push(try integer(PickleInteger(littleEndian: try reader.bytes(count))))
        }
    }

    private func integer(_ value: PickleInteger?) throws(CheckpointError) -> PickleGraph.Node {
        switch value {
        case .small(let value): return .int(value)
        case .large(let digits): return .bigInt(digits)
        case nil: throw malformed("an integer is not well formed")
        }
    }

    private mutating func text(_ opcode: PickleOpcode) throws(CheckpointError) {
        switch opcode {
        case .string:
            let line = try reader.line(limit: limits.maxMetadataBytes)
            guard line.count >= 2, let quote = line.first, quote == line.last, quote == "'" || quote == "\"" else {
                throw malformed("a text is not quoted")
            }
            try push(.string(String(line.dropFirst().dropLast())))
        case .unicode: try push(.string(try reader.line(limit: limits.maxMetadataBytes)))
        case .shortBinString, .shortBinUnicode: try push(.string(try reader.string(Int(reader.integer(UInt8.self)))))
        case .binString, .binUnicode: try push(.string(try reader.string(reader.length32())))
        case .binUnicode8: try push(.string(try reader.string(reader.length64())))
        case .shortBinBytes: try push(.bytes(Array(try reader.bytes(Int(reader.integer(UInt8.self))))))
        case .binBytes: try push(.bytes(Array(try reader.bytes(reader.length32()))))
        default: try push(.bytes(Array(try reader.bytes(reader.length64()))))
        }
    }

    private mutating func remember(_ opcode: PickleOpcode) throws(CheckpointError) {
        switch opcode {
        case .memoize: try store(at: memo.count)
        case .binPut: try store(at: Int(try reader.integer(UInt8.self)))
        case .longBinPut: try store(at: try reader.length32())
        case .put: try store(at: try lineIndex())
        case .binGet: try recall(Int(try reader.integer(UInt8.self)))
        case .longBinGet: try recall(try reader.length32())
        default: try recall(try lineIndex())
        }
    }

    private mutating func lineIndex() throws(CheckpointError) -> Int {
        let line = try reader.line(limit: 20)
        guard let index = Int(line) else { throw malformed("'\(line)' is no memo number") }
        return index
    }

    private mutating func store(at index: Int) throws(CheckpointError) {
        try charge(1)
        memo[index] = try top()
    }

    private mutating func recall(_ index: Int) throws(CheckpointError) {
        guard let id = memo[index] else { throw malformed("it recalls value \(index), which was never stored") }
        try push(id: id)
    }

    // MARK: Objects

    private mutating func object(_ opcode: PickleOpcode) throws(CheckpointError) {
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

    // MARK: Containers

    /// Static, because a method would share the stack with its own copy of the machine while the stack shrinks.
    private static func pairs(_ values: [PickleGraph.ID]) throws(CheckpointError) -> [PickleGraph.ID] {
        guard values.count.isMultiple(of: 2) else {
            throw CheckpointError(.malformedPickle, "the pickle is damaged: a dictionary has a key without a value")
        }
        return values
    }

    private mutating func appendElements(_ values: [PickleGraph.ID]) throws(CheckpointError) {
        let target = Int(try top())
        switch graph.nodes[target] {
        case .list(var elements):
            // Taken out first, so that the array has one owner and grows in place.
            graph.nodes[target] = .none
            elements += values
            graph.nodes[target] = .list(elements)
        case .record(let index): graph.records[Int(index)].elements += values
        default: throw malformed("it appends to \(kindName(of: try top()))")
        }
    }

    private mutating func setEntries(_ values: [PickleGraph.ID]) throws(CheckpointError) {
        let target = Int(try top())
        switch graph.nodes[target] {
        case .dictionary(var entries):
            graph.nodes[target] = .none
            entries += values
            graph.nodes[target] = .dictionary(entries)
        case .record(let index): graph.records[Int(index)].entries += values
        default: throw malformed("it sets entries of \(kindName(of: try top()))")
        }
    }

    // MARK: Stack

    /// Adds a node and pushes it.
    mutating func push(_ node: PickleGraph.Node) throws(CheckpointError) {
        graph.nodes.append(node)
        try push(id: PickleGraph.ID(graph.nodes.count - 1))
    }

    /// Counts values against the limit; marks, memo entries and copied elements count like pushed values.
    mutating func charge(_ count: Int) throws(CheckpointError) {
        pushCount += count
        guard pushCount <= limits.maxObjects else {
            throw CheckpointError(
                .limitExceeded, "\(reader.name) holds more than the \(limits.maxObjects) values that are read")
        }
    }

    /// Pushes a node that exists.
    mutating func push(id: PickleGraph.ID) throws(CheckpointError) {
        try charge(1)
        guard stack.count < limits.maxStackDepth else {
            throw CheckpointError(
                .limitExceeded, "\(reader.name) stacks more than the \(limits.maxStackDepth) values that are read")
        }
        stack.append(id)
    }

    private var floor: Int { marks.last ?? 0 }

    private mutating func pop() throws(CheckpointError) -> PickleGraph.ID {
        guard stack.count > floor, let id = stack.popLast() else { throw malformed("it takes from an empty stack") }
        return id
    }

    private func top() throws(CheckpointError) -> PickleGraph.ID {
        guard stack.count > floor, let id = stack.last else { throw malformed("it looks at an empty stack") }
        return id
    }

    private mutating func popToMark() throws(CheckpointError) -> [PickleGraph.ID] {
        guard let mark = marks.popLast() else { throw malformed("it looks for a mark that was never set") }
        let values = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return values
    }

    // MARK: Messages

    /// The error for a pickle that breaks its own rules.
    func malformed(_ detail: String) -> CheckpointError {
        CheckpointError(
            .malformedPickle,
            "\(reader.name) is damaged: \(detail) (at byte \(reader.offset)); download or copy the file again")
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

    private func kindName(of id: PickleGraph.ID) -> String {
        switch graph.node(id) {
        case .none: "None"
        case .bool, .int, .bigInt, .float: "a number"
        case .string, .bytes: "text"
        case .list: "a list"
        case .tuple: "a tuple"
        case .dictionary: "a dictionary"
        case .global: "a class"
        case .storage: "a storage"
        case .tensor: "a tensor"
        case .record: "an object"
        }
    }
}

extension PickleMachine {
    /// Adds a tensor whose storage is found later.
    mutating func pushTensor(_ tensor: PickleGraph.Tensor) throws(CheckpointError) {
        graph.tensors.append(tensor)
        try push(.tensor(PickleGraph.ID(graph.tensors.count - 1)))
    }
}
