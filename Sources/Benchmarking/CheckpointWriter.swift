import Checkpoints

/// Writes checkpoints of random float16 weights in the container that `torch.save` writes since PyTorch 1.6.
enum CheckpointWriter {
    /// Writes a file. Holds one tensor at a time in memory.
    ///
    /// - Parameters:
    ///   - plan: the tensors.
    ///   - envelope: configuration and remark, which stand beside the tensors' entry `weight`; nil for a bare dictionary of
    ///     tensors, as transformers writes.
    ///   - adapter: rank and version tag of a file of LoRA factors; nil for whole models.
    ///   - seed: the same seed gives the same bytes.
    /// - Throws: `file`.
    static func write(
        _ plan: WeightPlan, envelope: (config: CheckpointValue, info: String)?,
        adapter: (rank: Int, tag: HeadTag)? = nil, seed: UInt64, path: String
    ) throws {
        var zip = try ZipWriter(path: path, headTag: adapter?.tag)
        try zip.add("archive/data.pkl", pickle(plan, envelope: envelope, loraRank: adapter?.rank))
        try zip.add("archive/byteorder", Array("little".utf8))
        var numbers = NormalHalves(seed: seed)
        for (index, entry) in plan.entries.enumerated() {
            let halves = elements(of: entry, &numbers)
            try halves.withUnsafeBytes { try zip.add("archive/data/\(index)", $0) }
        }
        try zip.add("archive/version", Array("3\n".utf8))
        try zip.finish()
    }

    private static func pickle(
        _ plan: WeightPlan, envelope: (config: CheckpointValue, info: String)?, loraRank: Int?
    ) -> [UInt8] {
        var pickle = PickleWriter()
        func tensors(_ pickle: inout PickleWriter) {
            for (index, entry) in plan.entries.enumerated() {
                pickle.text(entry.name)
                pickle.tensor(entry.shape, key: String(index))
            }
        }
        pickle.dictionary(isOrdered: true) { pickle in
            guard let envelope else { return tensors(&pickle) }
            pickle.text("weight")
            pickle.dictionary(isOrdered: false, tensors)
            pickle.text("config")
            pickle.value(envelope.config)
            pickle.text("info")
            pickle.text(envelope.info)
            guard let loraRank else { return }
            pickle.text("lora_rank")
            pickle.value(CheckpointValue(loraRank))
        }
        return pickle.finished()
    }

    /// Bit patterns of a tensor's elements.
    private static func elements(of entry: WeightPlan.Entry, _ numbers: inout NormalHalves) -> [UInt16] {
        switch entry.filling {
        case .constant(let value): return Array(repeating: Float16(value).bitPattern, count: entry.count)
        case .normal(let deviation, let zeroTail):
            var halves = numbers.draw(entry.count, deviation: Float(deviation))
            for index in halves.indices.suffix(zeroTail) { halves[index] = 0 }
            return halves
        }
    }
}
