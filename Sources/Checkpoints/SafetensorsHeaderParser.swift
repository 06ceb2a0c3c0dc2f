/// Parses the JSON of a safetensors header, which is two levels of objects of known form; anything else is refused.
struct SafetensorsHeaderParser {
    private var reader: ByteReader
    private let limits: CheckpointLimits

    init(_ reader: ByteReader, limits: CheckpointLimits) {
        self.reader = reader
        self.limits = limits
    }

    /// Parses the whole header; only blanks may follow its object.
    mutating func parse() throws(CheckpointError) -> SafetensorsHeader {
        var header = SafetensorsHeader()
        var names: Set<String> = []
        try object { (parser, name) throws(CheckpointError) in
            guard names.insert(name).inserted else { throw parser.malformed("it names \(name) twice") }
            try parser.checkCount(names.count)
            if name == "__metadata__" {
                try parser.object { (parser, key) throws(CheckpointError) in
                    header.metadata[key] = try parser.string()
                    try parser.checkCount(header.metadata.count)
                }
            } else {
                header.tensors.append(try parser.item(named: name))
            }
        }
        skipBlanks()
        guard reader.remaining == 0 else { throw malformed("something follows its end") }
        return header
    }

    private func checkCount(_ count: Int) throws(CheckpointError) {
        guard count <= limits.maxArchiveEntries else {
            throw CheckpointError(
                .limitExceeded,
                "the safetensors header lists more than the \(limits.maxArchiveEntries) entries that are read")
        }
    }

    private mutating func item(named name: String) throws(CheckpointError) -> SafetensorsHeader.Item {
        var dtype: String?
        var shape: [Int]?
        var offsets: [Int]?
        try object { (parser, key) throws(CheckpointError) in
            switch key {
            case "dtype": dtype = try parser.string()
            case "shape": shape = try parser.integers(limit: TensorRecord.maxDimensions)
            case "data_offsets": offsets = try parser.integers(limit: 2)
            default: throw parser.malformed("tensor \(name) has an unknown field \(key)")
            }
        }
        guard let dtype, let shape, let offsets, offsets.count == 2 else {
            throw malformed("tensor \(name) lacks dtype, shape or data_offsets")
        }
        return SafetensorsHeader.Item(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1])
    }

    // MARK: JSON

    private mutating func object(
        _ member: (inout Self, String) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        try expect("{")
        if accept("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try member(&self, key)
        } while accept(",")
        try expect("}")
    }

    private mutating func integers(limit: Int) throws(CheckpointError) -> [Int] {
        try expect("[")
        var values: [Int] = []
        if accept("]") { return values }
        repeat {
            guard values.count < limit else { throw malformed("a list has more than \(limit) numbers") }
            values.append(try integer())
        } while accept(",")
        try expect("]")
        return values
    }

    private mutating func integer() throws(CheckpointError) -> Int {
        skipBlanks()
        var value = 0
        var count = 0
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { throw malformed("a number is too large") }
            value = sum
            count += 1
            _ = try reader.integer(UInt8.self)
        }
        guard count > 0 else { throw malformed("a whole number without a sign is missing") }
        return value
    }

    private mutating func string() throws(CheckpointError) -> String {
        try expect("\"")
        var utf8: [UInt8] = []
        while true {
            let byte = try next()
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: utf8, as: UTF8.self)
            case UInt8(ascii: "\\"): utf8 += Array(String(try escape()).utf8)
            case 0..<0x20: throw malformed("a text holds a control character")
            default: utf8.append(byte)
            }
        }
    }

    private mutating func escape() throws(CheckpointError) -> Unicode.Scalar {
        switch try next() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let high = try hexadecimal()
            guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
            guard try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u") else {
                throw malformed("half of a character pair stands alone")
            }
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw malformed("half of a character pair stands alone") }
            return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
        default: throw malformed("a text holds an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(CheckpointError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try next())).hexDigitValue else {
                throw malformed("a text holds a malformed escape")
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    private mutating func next() throws(CheckpointError) -> UInt8 {
        guard reader.remaining > 0 else { throw malformed("it ends in the middle") }
        return try reader.integer(UInt8.self)
    }

    private func peek() -> UInt8? {
        reader.remaining > 0 ? reader.block.bytes[reader.position] : nil
    }

    private mutating func skipBlanks() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            _ = try? reader.integer(UInt8.self)
        }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard let byte = peek(), byte == UInt8(ascii: character) else { return false }
        _ = try? reader.integer(UInt8.self)
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(CheckpointError) {
        guard accept(character) else { throw malformed("'\(character)' is missing") }
    }

    private func malformed(_ detail: String) -> CheckpointError {
        CheckpointError(
            .malformedHeader,
            "the safetensors header is not well formed: \(detail) (at byte \(reader.offset)); "
                + "the file is damaged, download or copy it again")
    }
}
