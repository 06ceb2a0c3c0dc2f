/// Runs the instructions of a pickle (Python's `pickletools`, protocols 0 to 5) without executing anything of it.
///
/// Calls do not happen: tensors, shapes, ordered dictionaries and a few more are built here, and every other class or
/// function becomes a record of its name, arguments and state. Every step is bounded by ``CheckpointLimits``.
struct PickleMachine {
    /// What the pickle describes so far.
    var graph = PickleGraph()
    /// The next byte to read.
    var reader: ByteReader

    let limits: CheckpointLimits
    private var stack: [PickleGraph.ID] = []
    /// Heights of the stack where a mark was set.
    private var marks: [Int] = []
    private var memo: [Int: PickleGraph.ID] = [:]
    private var pushCount = 0
    var globalIndex: [PickleGraph.Global: PickleGraph.ID] = [:]
    var declarationIndex: [String: Int] = [:]

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

    mutating func pop() throws(CheckpointError) -> PickleGraph.ID {
        guard stack.count > floor, let id = stack.popLast() else { throw malformed("it takes from an empty stack") }
        return id
    }

    func top() throws(CheckpointError) -> PickleGraph.ID {
        guard stack.count > floor, let id = stack.last else { throw malformed("it looks at an empty stack") }
        return id
    }

    mutating func popToMark() throws(CheckpointError) -> [PickleGraph.ID] {
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

    func kindName(of id: PickleGraph.ID) -> String {
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
