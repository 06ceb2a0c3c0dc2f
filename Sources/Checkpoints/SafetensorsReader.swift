/// Reads a safetensors file: 8 bytes of length, a JSON header, then the tensors' bytes, without gaps or overlaps
/// (https://github.com/huggingface/safetensors, format section).
struct SafetensorsReader {
    private let block: ByteBlock
    private let limits: CheckpointLimits

    init(_ block: ByteBlock, limits: CheckpointLimits) {
        self.block = block
        self.limits = limits
    }

    /// Whether the file begins as safetensors does: a length and an opening brace.
    static func recognizes(_ block: ByteBlock) -> Bool {
        block.bytes.count > 8 && block.bytes[8] == UInt8(ascii: "{")
            && block.bytes.loadUnaligned(as: UInt64.self).littleEndian < 1 << 40
    }

    /// Reads the header and checks that the tensors cover the rest of the file exactly.
    func read() throws(CheckpointError) -> CheckpointFile.Content {
        var reader = ByteReader(block, range: 0..<block.bytes.count, name: "the safetensors file")
        let headerLength = try reader.length64()
        guard headerLength <= limits.maxMetadataBytes else {
            throw CheckpointError(
                .limitExceeded,
                "the safetensors header would have \(headerLength) bytes; at most \(limits.maxMetadataBytes) are read")
        }
        guard headerLength <= reader.remaining else {
            throw CheckpointError(
                .truncated,
                "the safetensors header should have \(headerLength) bytes; \(reader.remaining) are there: "
                    + "the file is cut short, download or copy it again")
        }
        var parser = SafetensorsHeaderParser(
            ByteReader(block, range: 8..<8 + headerLength, name: "the safetensors header"), limits: limits)
        let header = try parser.parse()
        let data = 8 + headerLength..<block.bytes.count
        try checkCoverage(header.tensors, dataByteCount: data.count)
        var entries: [(key: CheckpointValue, value: CheckpointValue)] = []
        var repeatBudget = 0
        for item in header.tensors {
            entries.append((.string(item.name), .tensor(try tensor(item, data: data, &repeatBudget))))
        }
        return CheckpointFile.Content(
            container: .safetensors, root: .dictionary(entries), metadata: header.metadata)
    }

    private func checkCoverage(
        _ tensors: [SafetensorsHeader.Item], dataByteCount: Int
    ) throws(CheckpointError) {
        var end = 0
        for item in tensors.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            guard item.begin == end, item.end >= item.begin else {
                throw CheckpointError(
                    .malformedHeader,
                    "tensor \(item.name) lies at bytes \(item.begin) to \(item.end), where byte \(end) is next: "
                        + "tensors must follow each other without gaps")
            }
            end = item.end
        }
        guard end <= dataByteCount else {
            throw CheckpointError(
                .truncated,
                "the tensors need \(end) bytes; \(dataByteCount) are there: the file is cut short, "
                    + "download or copy it again")
        }
        guard end == dataByteCount else {
            throw CheckpointError(
                .malformedHeader, "the tensors need \(end) bytes; the file has \(dataByteCount) for them")
        }
    }

    private func tensor(
        _ item: SafetensorsHeader.Item, data: Range<Int>, _ repeatBudget: inout Int
    ) throws(CheckpointError) -> TensorRecord {
        guard let dtype = ScalarType(safetensorsName: item.dtype) else {
            throw CheckpointError(
                .unsupportedScalarType, "tensor \(item.name) has type \(item.dtype), which is not supported")
        }
        var strides = [Int](repeating: 1, count: item.shape.count)
        var count = 1
        var hasOverflow = false
        for index in item.shape.indices.reversed() {
            strides[index] = count
            let (product, overflow) = count.multipliedReportingOverflow(by: item.shape[index])
            (count, hasOverflow) = (product, hasOverflow || overflow)
        }
        let (size, overflow) = count.multipliedReportingOverflow(by: dtype.byteCount)
        guard !hasOverflow, !overflow, size == item.end - item.begin else {
            throw CheckpointError(
                .invalidTensor,
                "tensor \(item.name) of shape \(item.shape) and type \(dtype.rawValue) does not have "
                    + "\(item.end - item.begin) bytes")
        }
        let storage = TensorStorage(
            block, range: data.lowerBound + item.begin..<data.lowerBound + item.end, scalarType: dtype, isMapped: true)
        return try TensorRecord(
            dtype: dtype, shape: item.shape, strides: strides, storageOffset: 0, storage: storage,
            repeatBudget: &repeatBudget)
    }
}

/// The header of a safetensors file.
struct SafetensorsHeader {
    /// One tensor; offsets count from the end of the header.
    struct Item {
        let name: String
        let dtype: String
        let shape: [Int]
        let begin: Int
        let end: Int
    }

    /// The tensors in the header's order.
    var tensors: [Item] = []
    /// The `__metadata__` object.
    var metadata: [String: String] = [:]
}
