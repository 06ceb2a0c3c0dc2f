import Torch

/// Self-attention whose scores and outputs also depend on how far apart two frames are, up to four frames.
///
/// Shaw et al. 2018, <https://arxiv.org/abs/1803.02155>; follows `MultiHeadAttention` with a window (GPT-SoVITS
/// `module/attentions.py`), which pads the embeddings to all distances. Here only the nine diagonals that they reach are computed.
struct RelativeAttention {
    /// Distances up to this many frames have embeddings.
    static let window = 4
    /// Queries handled at once, which bounds the memory for scores.
    static let blockLength = 512

    private let input: Projection
    private let output: Projection
    private let keyEmbedding: Tensor  // [distances, headDim], transposed for the product
    private let valueEmbedding: Tensor
    private let headCount: Int
    private let headWidth: Int

    /// - Parameter headCount: must divide `width`.
    init(_ weights: WeightScope, width: Int, headCount: Int) throws(TorchError) {
        self.headCount = headCount
        headWidth = width / headCount
        let projections = try ["conv_q", "conv_k", "conv_v"].map { name throws(TorchError) in
            try Projection(weights[name], from: width, to: width)
        }
        input = try Projection(joining: projections)
        output = try Projection(weights["conv_o"], from: width, to: width)
        let distances = 2 * Self.window + 1
        keyEmbedding = try weights.get("emb_rel_k", [1, distances, headWidth]).squeeze(0).transpose(0, 1)
        valueEmbedding = try weights.get("emb_rel_v", [1, distances, headWidth]).squeeze(0)
    }

    /// `[1, time, width]` → `[1, time, width]`.
    func callAsFunction(_ frames: Tensor) throws(TorchError) -> Tensor {
        let time = frames.size(1)
        let parts = try input(frames).reshape([time, 3, headCount, headWidth]).permute([1, 2, 0, 3])
        let query = try parts.select(0, 0) / Double(headWidth).squareRoot()  // [heads, time, headDim]
        let key = try parts.select(0, 1).transpose(1, 2)
        let value = try parts.select(0, 2)
        var blocks: [Tensor] = []
        for start in stride(from: 0, to: time, by: Self.blockLength) {
            let length = min(Self.blockLength, time - start)
            let block = try query.narrow(1, start: start, length: length)
            blocks.append(try attend(block, key: key, value: value, start: start))
        }
        let joined = try blocks.count == 1 ? blocks[0] : Tensor.concatenate(blocks, dimension: 1)
        return try output(joined.transpose(0, 1).reshape([1, time, headCount * headWidth]))
    }

    /// The queries from frame `start` on, `[heads, length, headDim]`, over all keys and values.
    private func attend(_ query: Tensor, key: Tensor, value: Tensor, start: Int) throws(TorchError) -> Tensor {
        let band = Band(start: start, length: query.size(1), time: value.size(1), window: Self.window)
        let scores = try query.matmul(key)  // [heads, length, time]
        try scores.narrow(2, start: band.firstKey, length: band.keyCount)
            .add(inPlace: band.diagonals(query.matmul(keyEmbedding)))
        let weights = try scores.softmax(-1)
        let near = try band.rows(weights.narrow(2, start: band.firstKey, length: band.keyCount))
        return try weights.matmul(value) + near.matmul(valueEmbedding)
    }

    /// The keys within the window of a run of queries, and the change between two ways to lay their scores out:
    /// by distance (`rows`, one column a distance) and by key (`diagonals`, one column a key).
    private struct Band {
        let start: Int
        let length: Int
        let time: Int
        let window: Int

        var firstKey: Int { max(0, start - window) }
        var keyCount: Int { min(time, start + length + window) - firstKey }
        /// Keys that the band would have before the first and after the last frame.
        private var before: Int { max(0, window - start) }
        private var after: Int { max(0, start + length + window - time) }
        private var width: Int { length + 2 * window }

        /// `[heads, length, distances]` → `[heads, length, keys]`, zero outside the window.
        ///
        /// Rows that are one column wider than they are read back shift by one column each.
        func diagonals(_ rows: Tensor) throws(TorchError) -> Tensor {
            let heads = rows.size(0)
            return try rows.pad([0, width + 1 - rows.size(2)]).reshape([heads, -1])
                .narrow(1, start: 0, length: length * width).reshape([heads, length, width])
                .narrow(2, start: before, length: keyCount)
        }

        /// `[heads, length, keys]` → `[heads, length, distances]`, zero for keys that do not exist.
        func rows(_ diagonals: Tensor) throws(TorchError) -> Tensor {
            let heads = diagonals.size(0)
            return try diagonals.pad([before, after]).reshape([heads, -1])
                .pad([0, length]).reshape([heads, length, width + 1])
                .narrow(2, start: 0, length: 2 * window + 1)
        }
    }
}
