import CZlib
import Foundation

/// A safetensors file of reference numbers, read without any code of the project so that both can be compared.
public struct Golden: Sendable {
    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let range: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case range = "data_offsets"
        }
    }

    private let path: String
    private let tolerances: GoldenTolerances?
    private let entries: [String: Entry]
    private let payload: Data

    /// Reads a safetensors file or, where only that is there, the same name with `.gz`.
    public init(contentsOf url: URL) throws {
        try self.init(contentsOf: url, tolerances: nil)
    }

    init(contentsOf url: URL, tolerances: GoldenTolerances?) throws {
        path = url.path
        self.tolerances = tolerances
        let data =
            FileManager.default.fileExists(atPath: url.path)
            ? try Data(contentsOf: url) : try Self.inflated(url.path + ".gz")
        guard data.count >= 8 else {
            throw GoldenError("\(url.path) is too short for a safetensors file")
        }
        let length = data.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        var header = try JSONSerialization.jsonObject(with: data.dropFirst(8).prefix(length)) as? [String: Any] ?? [:]
        header["__metadata__"] = nil
        entries = try JSONDecoder().decode(
            [String: Entry].self, from: JSONSerialization.data(withJSONObject: header))
        payload = data.dropFirst(8 + length)
    }

    private static func inflated(_ path: String) throws -> Data {
        guard let file = gzopen(path, "rb") else { throw GoldenError("there is no \(path.dropLast(3)), nor \(path)") }
        defer { gzclose(file) }
        var result = Data()
        var block = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = gzread(file, &block, UInt32(block.count))
            guard count >= 0 else { throw GoldenError("\(path) is damaged") }
            if count == 0 { return result }
            result.append(contentsOf: block.prefix(Int(count)))
        }
    }

    /// All tensor names, sorted.
    public var names: [String] { entries.keys.sorted() }

    /// Whether there is a tensor of this name.
    public func contains(_ name: String) -> Bool { entries[name] != nil }

    /// How far any element may be from a tensor's: as the set tells, or `otherwise` where it does not.
    public func tolerance(_ name: String, otherwise: Float) -> Float { tolerances?[name] ?? otherwise }

    /// A tensor's shape.
    public func shape(_ name: String) throws -> [Int] { try entry(name).shape }

    /// A float32 tensor's elements, row after row.
    public func floats(_ name: String) throws -> [Float] { try elements(name, dtype: "F32") }

    /// A float16 tensor's elements, as float32.
    public func halves(_ name: String) throws -> [Float] {
        (try elements(name, dtype: "F16") as [Float16]).map(Float.init)
    }

    /// An int16 tensor's elements.
    public func int16s(_ name: String) throws -> [Int16] { try elements(name, dtype: "I16") }

    /// The elements of an integer tensor of 64 or 32 bits.
    public func integers(_ name: String) throws -> [Int64] {
        try entry(name).dtype == "I32"
            ? (elements(name, dtype: "I32") as [Int32]).map(Int64.init) : elements(name, dtype: "I64")
    }

    private func entry(_ name: String) throws -> Entry {
        guard let entry = entries[name] else {
            throw GoldenError("\(path) has no tensor \(name)")
        }
        return entry
    }

    private func elements<Element: BitwiseCopyable>(_ name: String, dtype: String) throws -> [Element] {
        let entry = try entry(name)
        guard entry.dtype == dtype, let start = entry.range.first, let end = entry.range.last else {
            throw GoldenError("\(path): \(name) is \(entry.dtype), not \(dtype)")
        }
        let bytes = payload[(payload.startIndex + start)..<(payload.startIndex + end)]
        return bytes.withUnsafeBytes { buffer in
            (0..<buffer.count / MemoryLayout<Element>.size).map {
                buffer.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self)
            }
        }
    }
}

/// Reference data that is missing or not what the test expects.
public struct GoldenError: Error, CustomStringConvertible {
    /// What is wrong with which file.
    public let description: String

    /// Creates an error.
    public init(_ description: String) {
        self.description = description
    }
}

/// The largest absolute difference of two arrays; infinity where their lengths differ or a difference is not a number.
public func largestDifference(_ first: [Float], _ second: [Float]) -> Float {
    guard first.count == second.count else { return .infinity }
    var largest: Float = 0
    for (left, right) in zip(first, second) {
        let difference = abs(left - right)
        guard !difference.isNaN else { return .infinity }
        largest = max(largest, difference)
    }
    return largest
}
