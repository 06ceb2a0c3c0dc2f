/// A tensor as an ONNX file describes it: `TensorProto` of onnx.proto.
struct ONNXTensor {
    private(set) var name = ""
    private var shape: [Int] = []
    private var dataType = 0
    private var isExternal = false
    /// Little-endian elements, where they lie as such in the file.
    private var fixedWidth: Range<Int>?
    /// Elements that were written one by one, as bit patterns.
    private var numbers: [UInt64] = []
    private let block: ByteBlock

    /// - Throws: `truncated`, `malformedMessage`, or `limitExceeded` for more than `limits` allow.
    init(_ block: ByteBlock, range: Range<Int>, limits: CheckpointLimits) throws(CheckpointError) {
        self.block = block
        var reader = ProtobufReader(block, range: range, name: "a tensor")
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (1, .varint(let size)): try append(size: size)
            case (1, .bytes(let sizes)):
                var list = ProtobufReader(block, range: sizes, name: "a tensor's shape")
                while let size = try list.packedVarint() { try append(size: size) }
            case (2, .varint(let type)): dataType = Int(clamping: type)
            case (8, .bytes(let text)): name = reader.text(text)
            case (9, .bytes(let raw)): fixedWidth = raw
            // float_data and double_data, packed as they are nearly always or one by one.
            case (4, .bytes(let packed)), (10, .bytes(let packed)):
                // Several lists would have to be joined; no writer makes them.
                guard fixedWidth == nil else { throw twice(field) }
                fixedWidth = packed
            case (4, .fixed32(let bits)): try append(number: UInt64(bits), limits)
            case (10, .fixed64(let bits)): try append(number: bits, limits)
            // int32_data, int64_data and uint64_data.
            case (5, .bytes(let packed)), (7, .bytes(let packed)), (11, .bytes(let packed)):
                var list = ProtobufReader(block, range: packed, name: "a tensor's numbers")
                while let number = try list.packedVarint() { try append(number: number, limits) }
            case (5, .varint(let number)), (7, .varint(let number)), (11, .varint(let number)):
                try append(number: number, limits)
            case (13, _): isExternal = true
            case (14, .varint(let location)): isExternal = isExternal || location == 1
            default: break
            }
        }
    }

    /// The tensor over the file's bytes; elements that were written one by one are copied.
    ///
    /// - Throws: `unsupportedFormat` for data in another file, `unsupportedScalarType`, or `invalidTensor` where the data
    ///   do not fill the shape.
    func record() throws(CheckpointError) -> TensorRecord {
        guard !isExternal else {
            throw CheckpointError(
                .unsupportedFormat,
                "the data of tensor \(name) lie in another file; only ONNX models in one file are read "
                    + "(save it again without external data)")
        }
        guard let scalarType else {
            throw CheckpointError(
                .unsupportedScalarType, "tensor \(name) has ONNX's element type \(dataType), which is not supported")
        }
        var strides = [Int](repeating: 1, count: shape.count)
        var count = 1
        var hasOverflow = false
        for index in shape.indices.reversed() {
            strides[index] = count
            let (product, overflow) = count.multipliedReportingOverflow(by: shape[index])
            (count, hasOverflow) = (product, hasOverflow || overflow)
        }
        let (size, overflow) = count.multipliedReportingOverflow(by: scalarType.byteCount)
        let storage = storage(of: scalarType)
        guard !hasOverflow, !overflow, size == storage.byteCount else {
            throw CheckpointError(
                .invalidTensor,
                "tensor \(name) of shape \(shape) and type \(scalarType.rawValue) does not have "
                    + "\(storage.byteCount) bytes")
        }
        var noRepeats = 0
        return try TensorRecord(
            dtype: scalarType, shape: shape, strides: strides, storageOffset: 0, storage: storage,
            repeatBudget: &noRepeats)
    }

    private func storage(of scalarType: ScalarType) -> TensorStorage {
        if let fixedWidth {
            return TensorStorage(block, range: fixedWidth, scalarType: scalarType, isMapped: true)
        }
        // Numbers of all types were written as varints or fixed ones; their low bytes are the elements.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(numbers.count * scalarType.byteCount)
        for number in numbers {
            for byte in 0..<scalarType.byteCount { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
        }
        return TensorStorage(
            ByteBlock(copying: bytes), range: 0..<bytes.count, scalarType: scalarType, isMapped: false)
    }

    /// `TensorProto.DataType`.
    private var scalarType: ScalarType? {
        switch dataType {
        case 1: .float32
        case 2: .uint8
        case 3: .int8
        case 5: .int16
        case 6: .int32
        case 7: .int64
        case 9: .bool
        case 10: .float16
        case 11: .float64
        case 16: .bfloat16
        default: nil
        }
    }

    private mutating func append(size: UInt64) throws(CheckpointError) {
        guard let size = Int(exactly: size), shape.count < TensorRecord.maxDimensions else {
            throw CheckpointError(.invalidTensor, "tensor \(name) has a size of \(size), or too many dimensions")
        }
        shape.append(size)
    }

    private mutating func append(number: UInt64, _ limits: CheckpointLimits) throws(CheckpointError) {
        guard numbers.count < limits.maxObjects else {
            throw CheckpointError(
                .limitExceeded,
                "tensor \(name) has more than \(limits.maxObjects) numbers one by one: save it with raw data")
        }
        numbers.append(number)
    }

    private func twice(_ field: Int) -> CheckpointError {
        CheckpointError(.malformedMessage, "tensor \(name) has its data twice (field \(field))")
    }
}
