import Checkpoints

/// A quantity of the speed table, and what the Python server reaches.
struct Measure: Sendable {
    /// In the table's first column.
    let name: String
    let unit: String
    /// Whether more is faster; otherwise less is.
    var isRate = false
    /// The Python server's figure on two cores of the AMD Zen 5 class, float32, with random weights of the same sizes; nil where
    /// none was taken.
    let reference: Double?

    static let loadGPT = Measure(name: "load GPT", unit: "s", reference: 0.7)
    /// Versions whose second stage decodes tokens directly, with the reference's figures.
    static func loadSoVITS(_ version: ModelVersion) -> Measure {
        Measure(name: "load SoVITS \(version.rawValue)", unit: "s", reference: version == .v2 ? 0.5 : nil)
    }
    static let loadSpeaker = Measure(name: "load the speaker embedding", unit: "s", reference: nil)
    static let loadBigVGAN = Measure(name: "load BigVGAN", unit: "s", reference: nil)
    static let loadV4Vocoder = Measure(name: "load the v4 vocoder", unit: "s", reference: nil)
    static let loadBandExtension = Measure(name: "load AP-BWE", unit: "s", reference: nil)
    static let loadFlow = Measure(name: "load SoVITS v4", unit: "s", reference: nil)
    static let loadV3 = Measure(name: "load SoVITS v3 and BigVGAN", unit: "s", reference: nil)
    static let loadAdapter = Measure(name: "load a LoRA file for v4, rank 32", unit: "s", reference: nil)
    static let hubert = Measure(name: "HuBERT, 5 s", unit: "ms", reference: 473)
    static let prefill = Measure(name: "prefill of 180 tokens, batch 1", unit: "ms", reference: 236)
    static func sovits(_ version: ModelVersion) -> Measure {
        let references: [ModelVersion: Double] = [.v2: 0.205, .v2Pro: 0.192, .v2ProPlus: 0.396]
        return Measure(
            name: "SoVITS \(version.rawValue), 10 s of audio", unit: "real-time factor", reference: references[version])
    }
    static let speaker = Measure(name: "speaker embedding, 5 s", unit: "ms", reference: 496)
    static let bigVGAN = Measure(name: "BigVGAN, 5 s of audio", unit: "real-time factor", reference: 0.87)
    static let v4Vocoder = Measure(name: "v4 vocoder, 5 s of audio", unit: "real-time factor", reference: 0.22)
    static let bandExtension = Measure(name: "AP-BWE, 5 s of audio", unit: "real-time factor", reference: nil)
    static let roberta = Measure(name: "RoBERTa, 128 tokens", unit: "ms", reference: 692)

    /// The steps at which the flow of v4 is measured, with the reference's figures.
    static let flowSteps = [(steps: 8, reference: 4.3), (steps: 32, reference: 18.4)]

    static func flow(_ version: String, steps: Int, reference: Double?) -> Measure {
        Measure(name: "\(version) flow matching, \(steps) steps", unit: "real-time factor", reference: reference)
    }

    /// The batch sizes at which decoding is measured, with the reference's figures.
    static let decodeBatches = [(rows: 1, reference: 41.0), (rows: 4, reference: 96.0), (rows: 8, reference: 150.0)]

    static func decode(rows: Int, reference: Double) -> Measure {
        Measure(name: "decode, batch \(rows)", unit: "steps × rows / s", isRate: true, reference: reference)
    }

    /// The row of the table that measurements make.
    ///
    /// - Parameters:
    ///   - values: one for each run, at least one.
    ///   - isComparable: whether the reference was measured on this kind of device.
    func row(
        _ values: [Double], isComparable: Bool, residentBytes: Int, peakResidentBytes: Int
    ) -> SpeedTable.Row {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        let median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        return SpeedTable.Row(
            name: name, unit: unit, median: median, minimum: sorted.first ?? median, maximum: sorted.last ?? median,
            runs: sorted.count, reference: isComparable ? reference : nil,
            timesAsFast: isComparable ? reference.map { isRate ? median / $0 : $0 / median } : nil,
            residentBytes: residentBytes, peakResidentBytes: peakResidentBytes)
    }
}
