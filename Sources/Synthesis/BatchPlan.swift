/// Which pieces of a text are decoded together.
///
/// Follows `TTS.to_batch` of the Python server: with buckets, pieces are sorted by length and a batch is taken only as wide
/// as its middle piece is long enough against the batch's mean; without, pieces are taken in their order.
public enum BatchPlan {
    /// Groups pieces into batches.
    /// - Parameters:
    ///   - lengths: length of each piece's normalised text, in code points.
    ///   - size: pieces per batch, at least 1.
    ///   - threshold: least ratio of the middle piece's length to the mean length of its batch.
    ///   - bucketed: whether to sort by length first.
    /// - Returns: indices into `lengths`, batch by batch; every index once.
    public static func batches(lengths: [Int], size: Int, threshold: Double, bucketed: Bool) -> [[Int]] {
        let size = max(1, size)
        let indices = Array(lengths.indices)
        guard bucketed else {
            return stride(from: 0, to: indices.count, by: size).map {
                Array(indices[$0..<min($0 + size, indices.count)])
            }
        }
        // Swift's sort is stable in practice but not by promise; the index breaks ties as Python's stable sort does.
        let sorted = indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        var result: [[Int]] = []
        var start = 0
        while start < sorted.count {
            var end = min(start + size, sorted.count)
            while end - start > 1, score(sorted[start..<end].map { lengths[$0] }) < threshold { end -= 1 }
            result.append(Array(sorted[start..<end]))
            start = end
        }
        return result
    }

    /// Length of the middle piece over the mean length, in the precision that upstream's numpy has: a float32 mean.
    private static func score(_ lengths: [Int]) -> Double {
        let mean = lengths.reduce(Float(0)) { $0 + Float($1) } / Float(lengths.count)
        return Double(Float(lengths[lengths.count / 2])) / (Double(mean) + 1e-8)
    }
}
