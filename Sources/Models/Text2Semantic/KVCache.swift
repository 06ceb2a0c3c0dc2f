import Torch

/// Keys and values of all layers for rows that are decoded side by side.
///
/// Memory is laid out `[slots, heads, capacity, headDim]` for each layer. The rows always fill the first slots, so that a
/// step works on plain slices; a row that leaves makes room for the last one. Each row has its own true length: nothing
/// attends to padding, and rows that began at different times share a step. Rows may come and go between steps.
///
/// Memory grows with the rows: slots double, lengths grow in buckets. It stays until it is released. Not `Sendable`: stays on its device thread.
public final class KVCache {
    /// One row's place. Valid until the row is removed.
    public final class Row {
        /// The row's slot, which is also its index in a step. Changes when another row leaves.
        public fileprivate(set) var slot: Int
        /// Positions filled: phonemes, prompt and generated tokens.
        public fileprivate(set) var length: Int
        /// How many of them are phonemes.
        public let phonemeCount: Int

        /// Tokens of speech so far, the prompt's included: the next token's position.
        public var speechLength: Int { length - phonemeCount }

        init(slot: Int, length: Int, phonemeCount: Int) {
            self.slot = slot
            self.length = length
            self.phonemeCount = phonemeCount
        }
    }

    private static let bucket = 256

    private let headCount: Int
    private let headSize: Int
    private let dtype: DType
    private let device: Device
    private(set) var keys: [Tensor] = []
    private(set) var values: [Tensor] = []
    /// The rows in the order of their slots.
    public private(set) var rows: [Row] = []
    /// Rows that the memory holds.
    public private(set) var slotCount = 0
    /// Positions that the memory holds for each row.
    public private(set) var capacity = 0

    init(_ configuration: Text2SemanticConfiguration, dtype: DType, device: Device) throws(TorchError) {
        headCount = configuration.headCount
        headSize = configuration.headSize
        self.dtype = dtype
        self.device = device
        let nothing = try Tensor.zeros([0, headCount, 0, headSize], dtype: dtype, device: device)
        keys = Array(repeating: nothing, count: configuration.layerCount)
        values = keys
    }

    /// Frees the memory, where no row is in it; it grows again with the next ones.
    ///
    /// - Throws: `TorchError`; the cache is unchanged then.
    func release() throws(TorchError) {
        guard rows.isEmpty, slotCount > 0 else { return }
        let nothing = try Tensor.zeros([0, headCount, 0, headSize], dtype: dtype, device: device)
        keys = Array(repeating: nothing, count: keys.count)
        values = keys
        (slotCount, capacity) = (0, 0)
    }

    /// Adds rows whose first `length` positions the caller is about to fill.
    /// - Throws: `ModelError` with code `input` beyond ``Text2SemanticLimits``, `TorchError` where memory runs out; the cache
    ///   is unchanged then.
    func append(_ lengths: [(phonemes: Int, total: Int)]) throws -> [Row] {
        let count = rows.count + lengths.count
        guard count <= Text2SemanticLimits.rows else {
            throw ModelError(
                .input, "\(count) texts at once; at most \(Text2SemanticLimits.rows) are decoded side by side")
        }
        try grow(slots: count, length: lengths.map(\.total).max() ?? 0)
        let added = lengths.enumerated().map {
            Row(slot: rows.count + $0.offset, length: $0.element.total, phonemeCount: $0.element.phonemes)
        }
        rows += added
        return added
    }

    /// Makes room for one more position in every row.
    func reserveStep() throws { try grow(slots: rows.count, length: (rows.map(\.length).max() ?? 0) + 1) }

    /// Counts the position that a step has written into every row.
    func commitStep() {
        for row in rows { row.length += 1 }
    }

    /// Removes a row; the last row moves into its slot.
    ///
    /// - Throws: `TorchError`.
    public func remove(_ row: Row) throws {
        guard rows.indices.contains(row.slot), rows[row.slot] === row, let last = rows.last else { return }
        if last !== row {
            for layer in keys.indices {
                for memory in [keys[layer], values[layer]] {
                    try memory.narrow(0, start: row.slot, length: 1).narrow(2, start: 0, length: last.length)
                        .copy(
                            inPlace: memory.narrow(0, start: last.slot, length: 1).narrow(
                                2, start: 0, length: last.length))
                }
            }
            rows[row.slot] = last
            last.slot = row.slot
        }
        rows.removeLast()
        row.slot = -1
    }

    private func grow(slots: Int, length: Int) throws {
        guard length <= 2 * Text2SemanticLimits.positions else {
            throw ModelError(.input, "a row of \(length) positions; the most is \(2 * Text2SemanticLimits.positions)")
        }
        guard slots > slotCount || length > capacity else { return }
        var newSlots = max(1, slotCount)
        while newSlots < slots { newSlots *= 2 }
        newSlots = min(newSlots, Text2SemanticLimits.rows)
        let newCapacity = max(capacity, (length + Self.bucket - 1) / Self.bucket * Self.bucket)
        let filled = rows.map(\.length).max() ?? 0
        // Everything is allocated before anything is replaced, so that running out of memory leaves the cache as it was.
        let newKeys = try keys.map { try moved($0, slots: newSlots, capacity: newCapacity, filled: filled) }
        values = try values.map { try moved($0, slots: newSlots, capacity: newCapacity, filled: filled) }
        keys = newKeys
        slotCount = newSlots
        capacity = newCapacity
    }

    private func moved(_ old: Tensor, slots: Int, capacity: Int, filled: Int) throws(TorchError) -> Tensor {
        // Zeros, not empty memory: masked positions are still multiplied, and a stray NaN would survive that.
        let new = try Tensor.zeros([slots, headCount, capacity, headSize], dtype: dtype, device: device)
        if !rows.isEmpty && filled > 0 {
            try new.narrow(0, start: 0, length: rows.count).narrow(2, start: 0, length: filled)
                .copy(inPlace: old.narrow(0, start: 0, length: rows.count).narrow(2, start: 0, length: filled))
        }
        return new
    }
}
