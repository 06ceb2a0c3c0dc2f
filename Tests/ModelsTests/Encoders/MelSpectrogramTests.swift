import Audio
import TestSupport
import Testing
import Torch

@testable import Models

@Suite struct MelSpectrogramTests {
    private static let formats = [FlowFormat(.v3), FlowFormat(.v4)].compactMap { $0 }

    @Test(arguments: Fixtures.modelGoldens(bundled: "models/flow"), formats)
    func equalsTheReference(_ set: GoldenSet, _ format: FlowFormat) throws {
        let golden = try set.stage("spec")
        let spectrogram = try MelSpectrogram(format)
        let name = "mel\(format.melRate / 1000)k"
        try expect(spectrogram.filters, equals: "mel_basis.\(format.melRate / 1000)k", of: golden, within: 1e-6)
        let fields = golden.names.filter { $0.hasPrefix("\(name).") || $0.hasPrefix("\(name)_norm.") }
        #expect(!fields.isEmpty)
        let root = set.name == "bundled" ? Fixtures.folder.appendingPathComponent("audio") : set.root
        for field in fields {
            let file = field.drop { $0 != "." }.dropFirst()
            let reference = try ReferenceAudio(
                path: root.appendingPathComponent("fixtures/ref_audio/\(file)").path, role: .auxiliary)
            var mel = try spectrogram.compute(reference.unscaledInput(rate: format.melRate))
            if field.hasPrefix("\(name)_norm.") {
                let normalized = try MelSpectrogram.normalize(mel)
                let back = try MelSpectrogram.denormalize(normalized)
                #expect(largestDifference(try back.floats(), try mel.floats()) <= 1e-5)
                mel = normalized
            }
            // Tolerances of the goldens' README; those of v4 and of the normalised v3.
            let tolerance: Float = format.melRate == 32_000 ? 5e-4 : field.hasPrefix("\(name)_norm.") ? 5e-5 : 2e-4
            try expect(mel, equals: field, of: golden, within: tolerance)
        }
    }

    @Test(arguments: formats) func refusesAudioTooShortToReflect(_ format: FlowFormat) throws {
        let spectrogram = try MelSpectrogram(format)
        let error = #expect(throws: ModelError.self) { try spectrogram.compute([0, 0, 0]) }
        #expect(error?.code == .input)
    }
}
