#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes tensors as a safetensors file (https://github.com/huggingface/safetensors, format section).
public struct SafetensorsWriter {
    /// Writes a file whole or not at all: what was at the path before stays until the new file is complete.
    ///
    /// Tensors are written one after the other in the order of their names, row by row, so that a transposed one needs no
    /// memory beside what it is read from.
    ///
    /// - Parameters:
    ///   - tensors: tensors by name.
    ///   - metadata: text for the header's `__metadata__`.
    /// - Throws: `CheckpointError` with code `notWritable`.
    public static func write(
        _ tensors: [String: TensorRecord], metadata: [String: String] = [:], to path: String
    ) throws(CheckpointError) {
        let partial = path + ".partial-\(getpid())"
        guard let file = fopen(partial, "wbx") else { throw failure(partial) }
        var isComplete = false
        defer { if !isComplete { unlink(partial) } }
        let names = tensors.keys.sorted()
        let header = header(names, tensors, metadata)
        var hasWritten = withUnsafeBytes(of: UInt64(header.count).littleEndian) { put($0, file) }
        hasWritten = hasWritten && header.withUnsafeBytes { put($0, file) }
        for name in names {
            guard hasWritten, let tensor = tensors[name] else { break }
            hasWritten = put(tensor, file)
        }
        let error = hasWritten ? nil : failure(path)
        guard fclose(file) == 0, hasWritten, rename(partial, path) == 0 else { throw error ?? failure(path) }
        isComplete = true
    }

    private static func failure(_ path: String) -> CheckpointError {
        CheckpointError(.notWritable, "cannot write \(path): \(String(cString: strerror(errno)))")
    }

    private static func header(
        _ names: [String], _ tensors: [String: TensorRecord], _ metadata: [String: String]
    ) -> [UInt8] {
        var fields: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            fields.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for name in names {
            guard let tensor = tensors[name] else { continue }
            let end = offset + tensor.elementCount * tensor.dtype.byteCount
            fields.append(
                "\(quoted(name)):{\"dtype\":\"\(tensor.dtype.safetensorsName)\",\"shape\":\(tensor.shape),"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var header = Array("{\(fields.joined(separator: ","))}".utf8)
        // Padded with blanks, as the format asks, so that the data are aligned.
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        return header
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func put(_ bytes: UnsafeRawBufferPointer, _ file: UnsafeMutablePointer<FILE>) -> Bool {
        bytes.isEmpty || fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count
    }

    /// Writes the elements in row-major order.
    private static func put(_ tensor: TensorRecord, _ file: UnsafeMutablePointer<FILE>) -> Bool {
        guard tensor.elementCount > 0 else { return true }
        let width = tensor.dtype.byteCount
        return tensor.withUnsafeStorageBytes { bytes in
            if tensor.isContiguous {
                let start = tensor.storageOffset * width
                return put(UnsafeRawBufferPointer(rebasing: bytes[start..<start + tensor.elementCount * width]), file)
            }
            // A row at a time: the last dimension's elements lie apart.
            let length = tensor.shape.last ?? 1
            let step = (tensor.strides.last ?? 1) * width
            var row = [UInt8](repeating: 0, count: length * width)
            var place = [Int](repeating: 0, count: max(tensor.shape.count - 1, 0))
            while true {
                let start = zip(place, tensor.strides).reduce(tensor.storageOffset) { $0 + $1.0 * $1.1 } * width
                for element in 0..<length {
                    for byte in 0..<width { row[element * width + byte] = bytes[start + element * step + byte] }
                }
                guard row.withUnsafeBytes({ put($0, file) }) else { return false }
                guard let next = place.indices.last(where: { place[$0] + 1 < tensor.shape[$0] }) else { return true }
                place[next] += 1
                for later in place.indices where later > next { place[later] = 0 }
            }
        }
    }
}
