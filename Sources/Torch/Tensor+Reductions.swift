import CTorch

// Reductions over some dimensions; no dimensions means all of them.
extension Tensor {
    private func reduce(_ op: ct_reduction, _ dimensions: [Int], _ keep: Bool) throws(TorchError) -> Tensor {
        try make { ct_reduce(op, handle, dimensions.map(Int64.init), Int32(dimensions.count), keep, $0) }
    }
    /// Sum.
    public func sum(_ dimensions: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CT_SUM, dimensions, keep)
    }
    /// Arithmetic mean.
    public func mean(_ dimensions: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CT_MEAN, dimensions, keep)
    }
    /// Greatest element.
    public func max(_ dimensions: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CT_MAX, dimensions, keep)
    }
    /// Smallest element.
    public func min(_ dimensions: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CT_MIN, dimensions, keep)
    }
    /// Whether any element is true.
    public func any(_ dimensions: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CT_ANY, dimensions, keep)
    }
    /// Whether all elements are true.
    public func all(_ dimensions: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CT_ALL, dimensions, keep)
    }
    /// Index (int64) of the first smallest element of a dimension.
    public func argmin(_ dimension: Int, keep: Bool = false) throws(TorchError) -> Tensor {
        try make { ct_argmin(handle, Int64(dimension), keep, $0) }
    }
    /// Softmax along a dimension.
    public func softmax(_ dimension: Int) throws(TorchError) -> Tensor {
        try make { ct_softmax(handle, Int64(dimension), $0) }
    }
    /// The `k` greatest elements of a dimension, greatest first, with their indices (int64).
    public func topK(_ k: Int, dimension: Int = -1) throws(TorchError) -> (values: Tensor, indices: Tensor) {
        try pair { ct_topk(handle, Int64(k), Int64(dimension), $0, $1, $2) }
    }
    /// Sorted along a dimension, with the indices (int64) that sort it.
    public func sorted(_ dimension: Int = -1, descending: Bool = false) throws(TorchError) -> (
        values: Tensor, indices: Tensor
    ) {
        try pair { ct_sort(handle, Int64(dimension), descending, $0, $1, $2) }
    }

    private func pair(
        _ body: (UnsafeMutablePointer<ct_tensor?>, UnsafeMutablePointer<ct_tensor?>, UnsafeMutablePointer<ct_status>) ->
            Bool
    ) throws(TorchError) -> (values: Tensor, indices: Tensor) {
        var first: ct_tensor?
        var second: ct_tensor?
        var status = ct_status()
        let done = body(&first, &second, &status)
        let values = first.map { Tensor(owning: $0) }
        let indices = second.map { Tensor(owning: $0) }
        guard done, let values, let indices else { throw TorchError(taking: &status) }
        return (values, indices)
    }
}
