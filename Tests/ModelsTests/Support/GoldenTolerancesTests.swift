import Foundation
import Testing

@testable import TestSupport

@Suite struct GoldenTolerancesTests {
    @Test func aGroupSharesTheBoundOfItsLargestDifference() throws {
        let noise = """
            {"s2": {"speed0.8.audio": {"f64_max": 2.1e-6, "alt_max": 3e-7}, "speed1.25.audio": {"alt_max": 1e-7},
              "mel24k.a.wav": {"f64_max": 0.03}, "mel24k.b.wav": {"f64_max": 0}, "mel32k.a.wav": {"f64_max": 1e-9},
              "in.codes": {"shape": [3]}}}
            """
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
        try Data(noise.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        let tolerances = try GoldenTolerances(noise: url, stage: "s2")
        #expect(tolerances["speed0.8.audio"] == 5e-5 && tolerances["speed1.25.audio"] == 5e-5)
        #expect(tolerances["mel24k.b.wav"] == 0.5 && tolerances["mel32k.a.wav"] == 1e-6)
        #expect(tolerances["in.codes"] == nil)
        #expect(try GoldenTolerances(noise: url, stage: "s1")["speed0.8.audio"] == nil)
        let none = try GoldenTolerances(noise: url.appendingPathExtension("none"), stage: "s2")
        #expect(none["speed0.8.audio"] == nil)
    }

    @Test(
        arguments: [
            (0, 1e-6), (9e-8, 1e-6), (1.0e-6, 1e-5), (1.01e-6, 2e-5), (2.1e-6, 5e-5), (5.1e-6, 1e-4), (2.8e-3, 5e-2),
        ] as [(Double, Float)])
    func boundsAreTenTimesTheDifferenceRoundedUp(_ difference: Double, _ bound: Float) {
        #expect(GoldenTolerances.bound(difference) == bound)
    }
}
