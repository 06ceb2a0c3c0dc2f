import CTorch
import Checkpoints

/// A tensor in libtorch, with one owner: freed when the last reference goes.
///
/// Not `Sendable` on purpose: tensors stay on the device thread that made them. Token ids and PCM cross threads as Swift
/// arrays. Operations throw `TorchError` with the operation's name and its operands' shapes, never trap.
/// Dimensions may be negative, counted from the end. Views share memory with what they view, as in libtorch.
public final class Tensor {
    let handle: ct_tensor

    init(owning handle: ct_tensor) {
        self.handle = handle
    }

    deinit {
        ct_tensor_free(handle)
    }

    // MARK: Making tensors

    /// Copies host values into a new tensor.
    /// - Parameters:
    ///   - values: elements in row-major order; the count must be the product of `shape`.
    ///   - shape: `[values.count]` where left out.
    public convenience init<Element: TensorElement>(
        _ values: [Element], shape: [Int]? = nil, device: Device = .cpu
    ) throws(TorchError) {
        let sizes = (shape ?? [values.count]).map(Int64.init)
        var status = ct_status()
        let made = values.withUnsafeBytes { bytes in
            sizes.withUnsafeBufferPointer { sizes in
                ct_from_bytes(
                    bytes.baseAddress, bytes.count, sizes.baseAddress, nil, Int32(sizes.count), Element.dtype.raw,
                    Element.dtype.raw, device.raw, &status)
            }
        }
        guard let made else { throw TorchError(taking: &status) }
        self.init(owning: made)
    }

    /// Token ids, phoneme ids or other integers as an int64 tensor.
    public convenience init(ids: [Int], shape: [Int]? = nil, device: Device = .cpu) throws(TorchError) {
        try self.init(ids.map(Int64.init), shape: shape, device: device)
    }

    /// Copies strided bytes (a checkpoint's storage) into a new contiguous tensor of another element type and device.
    /// - Parameter strides: in elements.
    public convenience init(
        bytes: UnsafeRawBufferPointer, storage: DType, shape: [Int], strides: [Int], dtype: DType, device: Device
    ) throws(TorchError) {
        var status = ct_status()
        let made = ct_from_bytes(
            bytes.baseAddress, bytes.count, shape.map(Int64.init), strides.map(Int64.init), Int32(shape.count),
            storage.raw, dtype.raw, device.raw, &status)
        guard let made else { throw TorchError(taking: &status) }
        self.init(owning: made)
    }

    /// Memory without defined content.
    public static func empty(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws(TorchError)
        -> Tensor
    {
        try make { ct_empty(shape.map(Int64.init), Int32(shape.count), dtype.raw, device.raw, $0) }
    }

    /// One value everywhere.
    public static func full(
        _ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device = .cpu
    ) throws(TorchError) -> Tensor {
        try make { ct_full(shape.map(Int64.init), Int32(shape.count), value, dtype.raw, device.raw, $0) }
    }

    /// Zeros.
    public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws(TorchError)
        -> Tensor
    {
        try full(shape, 0, dtype: dtype, device: device)
    }

    /// Ones.
    public static func ones(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws(TorchError) -> Tensor
    {
        try full(shape, 1, dtype: dtype, device: device)
    }

    /// `start, start + step, …` below `end`.
    public static func arange(
        _ start: Double = 0, _ end: Double, step: Double = 1, dtype: DType = .int64, device: Device = .cpu
    ) throws(TorchError) -> Tensor {
        try make { ct_arange(start, end, step, dtype.raw, device.raw, $0) }
    }

    /// Hann window, periodic as `torch.hann_window` makes it by default.
    public static func hannWindow(
        _ length: Int, periodic: Bool = true, dtype: DType = .float32, device: Device = .cpu
    ) throws(TorchError) -> Tensor {
        try make { ct_hann_window(Int64(length), periodic, dtype.raw, device.raw, $0) }
    }

    // MARK: What it is

    /// Number of dimensions.
    public var rank: Int { Int(ct_rank(handle)) }
    /// All sizes.
    public var shape: [Int] { (0..<ct_rank(handle)).map { Int(ct_size(handle, $0)) } }
    /// Number of elements.
    public var count: Int { Int(ct_count(handle)) }
    /// Element type.
    public var dtype: DType { DType(raw: ct_tensor_dtype(handle)) }
    /// Where it lives.
    public var device: Device { Device(raw: ct_tensor_device(handle)) }
    /// Size of one dimension; 0 where there is no such dimension.
    public func size(_ dimension: Int) -> Int { Int(ct_size(handle, Int32(clamping: dimension))) }

    // MARK: To the host

    /// Copies all elements to the host in row-major order. The element type must be the tensor's own.
    public func array<Element: TensorElement>(of type: Element.Type = Element.self) throws(TorchError) -> [Element] {
        guard dtype == Element.dtype else {
            throw TorchError(
                .other, "array: the tensor holds \(dtype.rawValue), not \(Element.dtype.rawValue); convert it first")
        }
        var status = ct_status()
        var done = false
        let total = count
        let result = [Element](unsafeUninitializedCapacity: total) { buffer, used in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            done = ct_copy_to_host(handle, bytes.baseAddress, total * MemoryLayout<Element>.stride, &status)
            used = done ? total : 0
        }
        guard done else { throw TorchError(taking: &status) }
        return result
    }

    /// All elements as float32, whatever the element type.
    public func floats() throws(TorchError) -> [Float] { try to(.float32).array() }

    /// All elements as integers, whatever the element type.
    public func ids() throws(TorchError) -> [Int] { try to(.int64).array(of: Int64.self).map(Int.init) }

    /// The only element of a tensor of one element.
    public func item() throws(TorchError) -> Double {
        var status = ct_status()
        let value = ct_item(handle, &status)
        if status.kind != 0 { throw TorchError(taking: &status) }
        return value
    }

    /// The elements of a contiguous CPU tensor, in place and without a copy; nil for any other tensor.
    /// The pointer must not leave `body`.
    public func withUnsafeHostElements<Element: TensorElement, Result>(
        of type: Element.Type = Element.self, _ body: (UnsafeMutableBufferPointer<Element>) throws -> Result
    ) rethrows -> Result? {
        guard dtype == Element.dtype, let base = ct_host_data(handle) else { return nil }
        return try withExtendedLifetime(self) {
            try body(UnsafeMutableBufferPointer(start: base.assumingMemoryBound(to: Element.self), count: count))
        }
    }

    // MARK: Copies

    /// Converts element type, device or both. Returns itself in libtorch's sense (no copy) where nothing changes.
    public func to(_ dtype: DType? = nil, device: Device? = nil) throws(TorchError) -> Tensor {
        try make { ct_to(handle, (dtype ?? self.dtype).raw, (device ?? self.device).raw, $0) }
    }

    /// A copy with its own memory.
    public func clone() throws(TorchError) -> Tensor { try make { ct_clone(handle, $0) } }

    /// Itself where the elements lie in row-major order, else a copy that does.
    public func contiguous() throws(TorchError) -> Tensor { try make { ct_contiguous(handle, $0) } }
}

/// Runs one op of the C ABI that makes a tensor.
@inline(__always)
func make(_ body: (UnsafeMutablePointer<ct_status>) -> ct_tensor?) throws(TorchError) -> Tensor {
    var status = ct_status()
    guard let made = body(&status) else { throw TorchError(taking: &status) }
    return Tensor(owning: made)
}

/// Runs one op of the C ABI that changes its arguments.
@inline(__always)
func act(_ body: (UnsafeMutablePointer<ct_status>) -> Bool) throws(TorchError) {
    var status = ct_status()
    guard body(&status) else { throw TorchError(taking: &status) }
}
