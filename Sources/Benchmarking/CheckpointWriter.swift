import Checkpoints

/// Writes checkpoints of random weights in the container that `torch.save` writes since PyTorch 1.6.
enum CheckpointWriter {
    /// Writes a file. Holds one tensor at a time in memory.
    ///
    /// - Parameters:
    ///   - plan: the tensors.
    ///   - entry: the key of the tensors' dictionary; nil where the file holds nothing else, as transformers writes.
    ///   - envelope: configuration and remark, which stand beside the tensors.
    ///   - headTag: the version tag in place of `PK`.
    ///   - loraRank: rank of a file of LoRA factors; nil for whole models.
    ///   - seed: the same seed gives the same bytes.
    /// - Throws: `file`.
    static func write(
        _ plan: WeightPlan, entry: String? = nil, envelope: (config: CheckpointValue, info: String)? = nil,
        headTag: HeadTag? = nil, loraRank: Int? = nil, seed: UInt64, path: String
    ) throws {
        var zip = try ZipWriter(path: path, headTag: headTag)
        try zip.add("archive/data.pkl", pickle(plan, entry: entry, envelope: envelope, loraRank: loraRank))
        try zip.add("archive/byteorder", Array("little".utf8))
        var numbers = NormalHalves(seed: seed)
        for (index, entry) in plan.entries.enumerated() {
            let (halves, name) = (elements(of: entry, &numbers), "archive/data/\(index)")
            if plan.isSingle {
                try halves.map { Float(Float16(bitPattern: $0)) }.withUnsafeBytes { try zip.add(name, $0) }
            } else {
                try halves.withUnsafeBytes { try zip.add(name, $0) }
            }
        }
        try zip.add("archive/version", Array("3\n".utf8))
        try zip.finish()
    }

    private static func pickle(
        _ plan: WeightPlan, entry: String?, envelope: (config: CheckpointValue, info: String)?, loraRank: Int?
    ) -> [UInt8] {
        var pickle = PickleWriter()
        func tensors(_ pickle: inout PickleWriter) {
            for (index, entry) in plan.entries.enumerated() {
                pickle.text(entry.name)
                pickle.tensor(entry.shape, key: String(index), isSingle: plan.isSingle)
            }
        }
        pickle.dictionary(isOrdered: true) { pickle in
            guard let entry else { return tensors(&pickle) }
            pickle.text(entry)
            pickle.dictionary(isOrdered: false, tensors)
            guard let envelope else { return }
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
