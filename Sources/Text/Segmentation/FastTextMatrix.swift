/// A matrix of a fastText model: rows of float32, or product-quantised ones.
enum FastTextMatrix: Sendable {
    case dense(Column<Float>, rows: Int, dimension: Int)
    case quantized(QuantizedRows)

    init(_ reader: inout BinaryReader, isQuantized: Bool, dimension: Int) throws(TextError) {
        if isQuantized {
            self = .quantized(try QuantizedRows(&reader, dimension: dimension))
            return
        }
        let rows = Int(try reader.next(Int64.self))
        guard try reader.next(Int64.self) == dimension, rows >= 0, rows <= Int.max / (4 * dimension) else {
            throw reader.damaged("a matrix has the wrong size")
        }
        self = .dense(try reader.column(rows * dimension), rows: rows, dimension: dimension)
    }

    var rowCount: Int {
        switch self {
        case .dense(_, let rows, _): rows
        case .quantized(let matrix): matrix.rowCount
        }
    }

    var dimension: Int {
        switch self {
        case .dense(_, _, let dimension): dimension
        case .quantized(let matrix): matrix.dimension
        }
    }

    /// Adds a row to a vector; a row that does not exist is zero.
    func add(row: Int, to vector: inout [Float]) {
        switch self {
        case .dense(let numbers, let rows, let dimension):
            guard row >= 0, row < rows else { return }
            for index in 0..<dimension { vector[index] += numbers[row * dimension + index] ?? 0 }
        case .quantized(let matrix):
            matrix.forEach(inRow: row) { vector[$0] += $1 }
        }
    }

    /// The product of a row and a vector, summed from left to right.
    func dot(row: Int, _ vector: [Float]) -> Float {
        switch self {
        case .dense(let numbers, let rows, let dimension):
            guard row >= 0, row < rows else { return 0 }
            var sum: Float = 0
            for index in 0..<dimension { sum += (numbers[row * dimension + index] ?? 0) * vector[index] }
            return sum
        case .quantized(let matrix):
            return matrix.dot(row: row, vector)
        }
    }
}

/// Rows in which each part is one of 256 centroids, and if the model has it, their norm one of 256 others.
struct QuantizedRows: Sendable {
    let rowCount: Int
    let dimension: Int
    private let codes: Column<UInt8>
    private let centroids: Centroids
    private let normCodes: Column<UInt8>?
    private let norms: Centroids?

    init(_ reader: inout BinaryReader, dimension: Int) throws(TextError) {
        let hasNorms = try reader.flag()
        let rows = Int(try reader.next(Int64.self))
        let width = try reader.next(Int64.self)
        let codeCount = Int(try reader.next(Int32.self))
        codes = try reader.column(codeCount)
        centroids = try Centroids(&reader)
        guard width == dimension, centroids.dimension == dimension, rows >= 0, rows <= codeCount,
            rows * centroids.partCount == codeCount
        else {
            throw reader.damaged("a matrix has the wrong size")
        }
        normCodes = hasNorms ? try reader.column(rows) : nil
        norms = hasNorms ? try Centroids(&reader) : nil
        rowCount = rows
        self.dimension = dimension
    }

    private func norm(_ row: Int) -> Float {
        guard let normCodes, let norms else { return 1 }
        return norms.value(part: 0, code: normCodes[row] ?? 0, index: 0)
    }

    /// Calls `body` with the index and the value of each element.
    func forEach(inRow row: Int, _ body: (Int, Float) -> Void) {
        guard row >= 0, row < rowCount else { return }
        let norm = norm(row)
        centroids.forEach(codes, at: row * centroids.partCount) { body($0, norm * $1) }
    }

    func dot(row: Int, _ vector: [Float]) -> Float {
        guard row >= 0, row < rowCount else { return 0 }
        var sum: Float = 0
        centroids.forEach(codes, at: row * centroids.partCount) { sum += vector[$0] * $1 }
        return sum * norm(row)
    }
}

/// The centroids of a product quantiser: 256 for each part of a vector.
private struct Centroids: Sendable {
    let dimension: Int
    let partCount: Int
    private let partSize: Int
    private let lastPartSize: Int
    private let values: Column<Float>

    private static let codeCount = 256

    init(_ reader: inout BinaryReader) throws(TextError) {
        dimension = Int(try reader.next(Int32.self))
        partCount = Int(try reader.next(Int32.self))
        partSize = Int(try reader.next(Int32.self))
        lastPartSize = Int(try reader.next(Int32.self))
        guard (1..<1 << 16).contains(dimension), (1...dimension).contains(partCount),
            (1...dimension).contains(partSize),
            (1...partSize).contains(lastPartSize), (partCount - 1) * partSize + lastPartSize == dimension
        else {
            throw reader.damaged("a quantiser has the wrong size")
        }
        values = try reader.column(dimension * Self.codeCount)
    }

    func value(part: Int, code: UInt8, index: Int) -> Float {
        let size = part == partCount - 1 ? lastPartSize : partSize
        return values[part * Self.codeCount * partSize + Int(code) * size + index] ?? 0
    }

    func forEach(_ codes: Column<UInt8>, at start: Int, _ body: (Int, Float) -> Void) {
        for part in 0..<partCount {
            let code = codes[start + part] ?? 0
            for index in 0..<(part == partCount - 1 ? lastPartSize : partSize) {
                body(part * partSize + index, value(part: part, code: code, index: index))
            }
        }
    }
}
