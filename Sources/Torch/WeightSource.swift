import Checkpoints

/// Where a `WeightScope` finds tensors by their whole names.
protocol WeightSource {
    /// Whole names of all tensors.
    var names: [String] { get }
    /// A tensor's shape; nil where there is none of this name.
    func shape(of name: String) -> [Int]?
    /// A contiguous tensor of its own memory. `dtype` nil: floating-point tensors become `default`, others keep their type.
    func read(_ name: String, dtype: DType?, default: DType, device: Device) throws(TorchError) -> Tensor
}

/// Tensors of a checkpoint file, read when asked for.
struct CheckpointWeights: WeightSource {
    let tensors: [String: TensorRecord]

    var names: [String] { Array(tensors.keys) }

    func shape(of name: String) -> [Int]? { tensors[name]?.shape }

    func read(_ name: String, dtype: DType?, default: DType, device: Device) throws(TorchError) -> Tensor {
        guard let record = tensors[name] else {
            throw TorchError(.weights, "the checkpoint has no tensor \(name)")
        }
        let target = dtype ?? (record.dtype.isFloatingPoint ? `default` : record.dtype)
        var result: Result<Tensor, TorchError> = .failure(TorchError(.weights, "\(name) was not read"))
        record.storage.withUnsafeBytesOnce { bytes in
            let offset = min(record.storageOffset * record.dtype.byteCount, bytes.count)
            do throws(TorchError) {
                result = .success(
                    try Tensor(
                        bytes: UnsafeRawBufferPointer(rebasing: bytes[offset...]), storage: record.dtype,
                        shape: record.shape, strides: record.strides, dtype: target, device: device))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }
}

/// Tensors that are in memory already.
struct MadeWeights: WeightSource {
    let tensors: [String: Tensor]

    var names: [String] { Array(tensors.keys) }

    func shape(of name: String) -> [Int]? { tensors[name]?.shape }

    func read(_ name: String, dtype: DType?, default: DType, device: Device) throws(TorchError) -> Tensor {
        guard let tensor = tensors[name] else {
            throw TorchError(.weights, "the checkpoint has no tensor \(name)")
        }
        let target = dtype ?? (tensor.dtype.isFloatingPoint ? `default` : tensor.dtype)
        return try tensor.to(target, device: device).contiguous()
    }
}
