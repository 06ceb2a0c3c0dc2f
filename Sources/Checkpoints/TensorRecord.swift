/// A tensor as a checkpoint describes it: a type, a shape and strides over a storage.
///
/// The storage is known to hold every element that shape, strides and offset can reach.
public struct TensorRecord: Sendable {
    /// Type of the elements.
    public let dtype: ScalarType
    /// Sizes of the dimensions; empty for a scalar.
    public let shape: [Int]
    /// Step of each dimension, in elements.
    public let strides: [Int]
    /// First element, in elements from the start of the storage.
    public let storageOffset: Int
    /// The bytes, possibly shared with other tensors.
    public let storage: TensorStorage

    /// Most elements that ``floats()`` returns.
    public static let maxCopiedElements = 1 << 26

    /// Most dimensions of a tensor.
    static let maxDimensions = 64

    /// Number of elements.
    public var elementCount: Int { shape.reduce(1, *) }

    /// Whether the elements lie one after the other, last dimension fastest.
    public var isContiguous: Bool {
        // The products of an empty tensor's sizes are bounded by nothing.
        if elementCount == 0 { return true }
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            if stride != expected { return false }
            expected *= size
        }
        return true
    }

    /// Number of elements of the storage from the first to the last that the tensor reaches.
    public var reachedElementCount: Int {
        elementCount == 0 ? 0 : zip(shape, strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
    }

    /// Calls `body` with the bytes of the whole storage; element 0 of the tensor is at ``storageOffset``.
    ///
    /// The address is aligned for the type and stays valid as long as ``storage`` lives.
    public func withUnsafeStorageBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try storage.withUnsafeBytes(body)
    }

    /// The elements in row-major order as single-precision numbers; for small tensors.
    ///
    /// - Throws: `limitExceeded` above ``maxCopiedElements``.
    public func floats() throws(CheckpointError) -> [Float] {
        let count = elementCount
        guard count <= Self.maxCopiedElements else {
            throw CheckpointError(
                .limitExceeded, "a tensor of \(count) elements is too large to copy; read its storage instead")
        }
        var result: [Float] = []
        result.reserveCapacity(count)
        storage.withUnsafeBytes { bytes in
            switch dtype {
            case .float16:
                collect(bytes, UInt16.self, &result) { Float(Float16(bitPattern: $0)) }
            case .bfloat16:
                collect(bytes, UInt16.self, &result) { Float(bitPattern: UInt32($0) << 16) }
            case .float32: collect(bytes, Float.self, &result) { $0 }
            case .float64: collect(bytes, Double.self, &result) { Float($0) }
            case .int8: collect(bytes, Int8.self, &result) { Float($0) }
            case .int16: collect(bytes, Int16.self, &result) { Float($0) }
            case .int32: collect(bytes, Int32.self, &result) { Float($0) }
            case .int64: collect(bytes, Int64.self, &result) { Float($0) }
            case .uint8: collect(bytes, UInt8.self, &result) { Float($0) }
            case .bool: collect(bytes, UInt8.self, &result) { $0 == 0 ? 0 : 1 }
            }
        }
        return result
    }

    private func collect<Element>(
        _ bytes: UnsafeRawBufferPointer, _: Element.Type, _ result: inout [Float], _ convert: (Element) -> Float
    ) {
        forEachRun { first, count, step in
            for index in 0..<count {
                let offset = (first + index * step) * MemoryLayout<Element>.stride
                result.append(convert(bytes.loadUnaligned(fromByteOffset: offset, as: Element.self)))
            }
        }
    }

    /// Calls `body` with first element, number and step of each run along the last dimension, in row-major order.
    func forEachRun(_ body: (_ first: Int, _ count: Int, _ step: Int) -> Void) {
        let count = elementCount
        guard count > 0 else { return }
        guard !isContiguous, let runLength = shape.last, let step = strides.last else {
            body(storageOffset, count, 1)
            return
        }
        var index = [Int](repeating: 0, count: shape.count - 1)
        var first = storageOffset
        while true {
            body(first, runLength, step)
            var dimension = index.count - 1
            while dimension >= 0 {
                index[dimension] += 1
                first += strides[dimension]
                if index[dimension] < shape[dimension] { break }
                first -= strides[dimension] * shape[dimension]
                index[dimension] = 0
                dimension -= 1
            }
            if dimension < 0 { return }
        }
    }
}

extension TensorRecord {
    /// Checks that every element lies in the storage, then creates the record.
    ///
    /// - Parameter repeatBudget: how many elements of tensors that repeat storage the file may still have; reduced.
    init(
        dtype: ScalarType, shape: [Int], strides: [Int], storageOffset: Int, storage: TensorStorage,
        repeatBudget: inout Int
    ) throws(CheckpointError) {
        guard shape.count == strides.count, shape.count <= Self.maxDimensions else {
            throw CheckpointError(
                .invalidTensor, "a tensor has \(shape.count) dimensions and \(strides.count) strides")
        }
        func invalid() -> CheckpointError {
            CheckpointError(
                .invalidTensor,
                "a tensor has shape \(shape), strides \(strides) and storage offset \(storageOffset), "
                    + "which its storage of \(storage.byteCount) bytes of \(dtype.rawValue) cannot hold")
        }
        guard storageOffset >= 0, shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }) else {
            throw invalid()
        }
        let capacity = storage.byteCount / dtype.byteCount
        var count = 1
        var last = storageOffset
        for (size, stride) in zip(shape, strides) {
            let (product, countOverflow) = count.multipliedReportingOverflow(by: size)
            let (reach, reachOverflow) = max(size - 1, 0).multipliedReportingOverflow(by: stride)
            let (sum, sumOverflow) = last.addingReportingOverflow(reach)
            if countOverflow || reachOverflow || sumOverflow { throw invalid() }
            (count, last) = (product, sum)
        }
        guard count == 0 ? storageOffset <= capacity : last < capacity else { throw invalid() }
        if count > capacity - storageOffset {
            guard count <= repeatBudget else {
                throw CheckpointError(
                    .limitExceeded,
                    "a tensor of shape \(shape) repeats \(capacity) stored elements; written out it would need "
                        + "\(count), more than the file may still ask for")
            }
            repeatBudget -= count
        }
        self.dtype = dtype
        self.shape = shape
        self.strides = strides
        self.storageOffset = storageOffset
        self.storage = storage
    }
}
