import Foundation

/// How far from a stage's goldens a right computation may be, by what was measured when the set was made.
///
/// `golden/noise.json` has the largest difference of each tensor to a rerun of the reference in float64 (`f64_max`) and to
/// one with other kernels (`alt_max`). A group, whose names differ in nothing but numbers or recordings, may be off by ten
/// times the largest of them, rounded up to 1, 2 or 5 times a power of ten and never under 1e-6.
struct GoldenTolerances: Sendable {
    private struct Noise: Decodable {
        let float64: Double?
        let otherKernels: Double?

        enum CodingKeys: String, CodingKey {
            case float64 = "f64_max"
            case otherKernels = "alt_max"
        }
    }

    private var measured: [String: Double] = [:]

    /// Reads those of a stage; a set without the file has none.
    init(noise url: URL, stage: String) throws {
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        let all = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]
        let entry = try JSONSerialization.data(withJSONObject: all?[stage] ?? [:])
        for (name, noise) in try JSONDecoder().decode([String: Noise].self, from: entry) {
            guard let largest = [noise.float64, noise.otherKernels].compactMap({ $0 }).max() else { continue }
            let group = Self.group(name)
            measured[group] = max(measured[group] ?? 0, largest)
        }
    }

    /// The bound on every element of a tensor; nil where nothing was measured.
    subscript(name: String) -> Float? {
        measured[Self.group(name)].map { Self.bound($0) }
    }

    /// `speed0.8.audio` and `speed1.25.audio`, or `spec.a.wav` and `spec.b.wav`, are of one group.
    static func group(_ name: String) -> String {
        let field = name.hasSuffix(".wav") ? String(name.prefix { $0 != "." }) : name
        return field.replacing(/\d+(?=[._]|$)/, with: "N")
    }

    static func bound(_ difference: Double) -> Float {
        let wanted = 10 * difference
        guard wanted > 1e-6 else { return 1e-6 }
        let power = pow(10, log10(wanted).rounded(.down))
        let steps: [Double] = [1, 2, 5]
        return Float((steps.first { wanted <= $0 * power } ?? 10) * power)
    }
}
