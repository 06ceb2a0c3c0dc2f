extension TensorRecord {
    /// One row of a contiguous matrix as single-precision numbers, read from the file's own pages: a large table of which few
    /// rows are ever needed costs no memory.
    ///
    /// - Returns: nil for what is no contiguous matrix of floating-point numbers, and for a row that it lacks.
    public func row(_ index: Int) -> [Float]? {
        guard shape.count == 2, isContiguous, (0..<shape[0]).contains(index), !storage.isByteSwapped else { return nil }
        let width = shape[1]
        let start = (storageOffset + index * width) * dtype.byteCount
        let bytes = UnsafeRawBufferPointer(rebasing: storage.rawBytes[start..<start + width * dtype.byteCount])
        func read<Element: BitwiseCopyable>(_: Element.Type, _ convert: (Element) -> Float) -> [Float] {
            (0..<width).map { column in
                convert(bytes.loadUnaligned(fromByteOffset: column * MemoryLayout<Element>.size, as: Element.self))
            }
        }
        return switch dtype {
        case .float16: read(UInt16.self) { Float(Float16(bitPattern: $0)) }
        case .bfloat16: read(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
        case .float32: read(Float.self) { $0 }
        case .float64: read(Double.self) { Float($0) }
        case .int8, .int16, .int32, .int64, .uint8, .bool: nil
        }
    }
}
