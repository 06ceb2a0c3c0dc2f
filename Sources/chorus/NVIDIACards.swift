import Foundation

/// The NVIDIA cards of this machine, as the driver's own tool lists them.
struct NVIDIACard: Sendable, Hashable {
    /// The driver's number, which `CUDA_VISIBLE_DEVICES` may renumber.
    let index: Int
    /// The driver's unique id, `GPU-…`.
    let uuid: String
    /// What the vendor calls it.
    let name: String
    /// Compute capability, such as 7.5; 0 where the driver does not tell.
    let computeCapability: Double

    /// Whether float16 is fast and right on this card: not below 7.0, and not on the GTX 16 series, whose float16 convolutions
    /// give NaN.
    var computesInHalf: Bool { computeCapability >= 7 && !name.contains("GTX 16") }

    /// All cards; none where there is no driver.
    static func all() -> [NVIDIACard] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["nvidia-smi", "--query-gpu=index,uuid,compute_cap,name", "--format=csv,noheader,nounits"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return [] }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? parse(text) : []
    }

    /// Reads the tool's lines of `index, uuid, capability, name`; lines of another form are left out.
    static func parse(_ text: String) -> [NVIDIACard] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ",", maxSplits: 3).map { $0.trimmingCharacters(in: .whitespaces) }
            guard fields.count == 4, let index = Int(fields[0]), fields[1].hasPrefix("GPU-") else { return nil }
            return NVIDIACard(
                index: index, uuid: fields[1], name: fields[3], computeCapability: Double(fields[2]) ?? 0)
        }
    }

    /// The card that libtorch calls `cuda:index` in this process, where `CUDA_VISIBLE_DEVICES` says which are visible.
    static func visible(_ index: Int, environment: [String: String] = ProcessInfo.processInfo.environment)
        -> NVIDIACard?
    {
        let cards = all()
        guard let visible = environment["CUDA_VISIBLE_DEVICES"], !visible.isEmpty else {
            return cards.first { $0.index == index }
        }
        let names = visible.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        guard names.indices.contains(index) else { return nil }
        return cards.first { $0.uuid.hasPrefix(names[index]) || String($0.index) == names[index] }
    }
}
