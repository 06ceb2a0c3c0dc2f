import CTorch

// Views, joins and indexing.
extension Tensor {
    /// The same elements in another shape; one size may be −1.
    public func reshape(_ shape: [Int]) throws(TorchError) -> Tensor {
        try make { ct_reshape(handle, shape.map(Int64.init), Int32(shape.count), $0) }
    }
    /// Dimensions in another order.
    public func permute(_ dimensions: [Int]) throws(TorchError) -> Tensor {
        try make { ct_permute(handle, dimensions.map(Int64.init), Int32(dimensions.count), $0) }
    }
    /// Two dimensions swapped.
    public func transpose(_ first: Int, _ second: Int) throws(TorchError) -> Tensor {
        try make { ct_transpose(handle, Int64(first), Int64(second), $0) }
    }
    /// A new dimension of size 1 at `dimension`.
    public func unsqueeze(_ dimension: Int) throws(TorchError) -> Tensor {
        try make { ct_unsqueeze(handle, Int64(dimension), $0) }
    }
    /// Without the dimension, where its size is 1.
    public func squeeze(_ dimension: Int) throws(TorchError) -> Tensor {
        try make { ct_squeeze(handle, Int64(dimension), $0) }
    }
    /// Elements `start..<end` of a dimension, as Python's slices: negative bounds count from the end, bounds outside are
    /// clipped, and `end` left out means to the end.
    public func slice(_ dimension: Int, _ start: Int = 0, _ end: Int = .max, step: Int = 1) throws(TorchError) -> Tensor
    {
        try make { ct_slice(handle, Int64(dimension), Int64(start), Int64(end), Int64(step), $0) }
    }
    /// `length` elements of a dimension from `start`.
    public func narrow(_ dimension: Int, start: Int, length: Int) throws(TorchError) -> Tensor {
        try slice(dimension, start, start + length)
    }
    /// One index of a dimension, which disappears.
    public func select(_ dimension: Int, _ index: Int) throws(TorchError) -> Tensor {
        let last = index == -1 ? Int.max : index + 1
        return try slice(dimension, index, last).squeeze(dimension)
    }
    /// Equal pieces of a dimension.
    public func chunk(_ pieces: Int, dimension: Int) throws(TorchError) -> [Tensor] {
        guard pieces > 0, size(dimension) % pieces == 0 else {
            throw TorchError(.shape, "chunk: dimension \(dimension) of \(shape) does not divide into \(pieces) pieces")
        }
        let length = size(dimension) / pieces
        var result: [Tensor] = []
        for piece in 0..<pieces {
            result.append(try narrow(dimension, start: piece * length, length: length))
        }
        return result
    }
    /// Broadcast without a copy; −1 keeps a size.
    public func expand(_ shape: [Int]) throws(TorchError) -> Tensor {
        try make { ct_expand(handle, shape.map(Int64.init), Int32(shape.count), $0) }
    }
    /// The whole tensor repeated along each dimension.
    public func repeated(_ times: [Int]) throws(TorchError) -> Tensor {
        try make { ct_repeat(handle, times.map(Int64.init), Int32(times.count), $0) }
    }
    /// Each row of a dimension repeated as often as `repeats` (int64) says.
    public func repeatInterleave(_ repeats: Tensor, dimension: Int) throws(TorchError) -> Tensor {
        try make { ct_repeat_interleave(handle, repeats.handle, Int64(dimension), $0) }
    }
    /// Reversed along a dimension.
    public func flip(_ dimension: Int) throws(TorchError) -> Tensor {
        try make { ct_flip(handle, Int64(dimension), $0) }
    }
    /// How the edges of a padded tensor are filled.
    public enum Padding: Sendable {
        /// A constant value.
        case constant(Double)
        /// Mirrored without the edge itself.
        case reflect
        /// The edge's value.
        case replicate
    }
    /// Pads the last dimensions: two numbers each, the last dimension first. Negative numbers cut.
    public func pad(_ amounts: [Int], _ mode: Padding = .constant(0)) throws(TorchError) -> Tensor {
        let (name, value): (String, Double) =
            switch mode {
            case .constant(let value): ("constant", value)
            case .reflect: ("reflect", 0)
            case .replicate: ("replicate", 0)
            }
        return try make { ct_pad(handle, amounts.map(Int64.init), Int32(amounts.count), name, value, $0) }
    }
    /// Rows of a dimension by index (int64).
    public func indexSelect(_ dimension: Int, _ index: Tensor) throws(TorchError) -> Tensor {
        try make { ct_index_select(handle, Int64(dimension), index.handle, $0) }
    }
    /// Joined along an existing dimension.
    public static func concatenate(_ tensors: [Tensor], dimension: Int = 0) throws(TorchError) -> Tensor {
        try withExtendedHandles(tensors) { handles, status in
            ct_concatenate(handles.baseAddress, Int32(handles.count), Int64(dimension), status)
        }
    }
    /// Joined along a new dimension.
    public static func stack(_ tensors: [Tensor], dimension: Int = 0) throws(TorchError) -> Tensor {
        try withExtendedHandles(tensors) { handles, status in
            ct_stack(handles.baseAddress, Int32(handles.count), Int64(dimension), status)
        }
    }

    private static func withExtendedHandles(
        _ tensors: [Tensor],
        _ body: (UnsafeBufferPointer<ct_tensor?>, UnsafeMutablePointer<ct_status>) -> ct_tensor?
    ) throws(TorchError) -> Tensor {
        let handles = tensors.map { Optional($0.handle) }
        let result = try make { status in handles.withUnsafeBufferPointer { body($0, status) } }
        withExtendedLifetime(tensors) {}
        return result
    }
}
