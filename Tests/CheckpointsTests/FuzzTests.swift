import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// Mutated checkpoints: every one of them must end in a value or in a ``CheckpointError``, within bounded memory.
///
/// Each test runs in a process of its own, so that other tests' memory does not count and a crash is one failure.
@Suite struct FuzzTests {
    private static let seeds = [
        "gpt.ckpt", "gpt_legacy.ckpt", "gpt_protocol4.ckpt", "gpt_deflated.ckpt", "gpt_zip64_no_folder.ckpt",
        "gpt_big_endian.ckpt", "gpt_unknown_class.ckpt", "values.pt", "values_protocol5.pt", "values_legacy.pt",
        "values_legacy_protocol4.pt", "recursive.pt", "sovits_v1.pth", "sovits_v2Pro.pth", "sovits_v3_lora.pth",
        "calls_os_system.ckpt", "billion_laughs.pt", "good.safetensors",
    ]

    private static let iterations =
        ProcessInfo.processInfo.environment["CHORUS_FUZZ_ITERATIONS"].flatMap(Int.init) ?? 3000

    /// Bytes that mean something: pickle instructions, lengths, ends of ranges.
    private static let telling: [UInt8] =
        Array("()]}.0123R\u{1}\u{2}bcehjlopqrstuGJKMNQXZ".utf8) + [
            0, 0x7F, 0x80, 0x81, 0x82, 0x85, 0x86, 0x87, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E, 0x92, 0x93, 0x94, 0x95, 0x96,
            0xFE, 0xFF,
        ]

    private static func mutate(_ bytes: [UInt8], _ metadata: [Int], with generator: inout SplitMix64) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !result.isEmpty {
            // Mostly where pickles and directories lie: weights are any bytes anyway.
            let chosen = Bool.random(using: &generator) ? metadata.randomElement(using: &generator) : nil
            let position = min(
                chosen ?? Int.random(in: 0..<result.count, using: &generator), result.count - 1)
            switch Int.random(in: 0..<9, using: &generator) {
            case 0: result[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: result[position] = UInt8.random(in: 0...255, using: &generator)
            case 2: result[position] = telling.randomElement(using: &generator) ?? 0
            case 3:
                result.removeSubrange(position..<min(result.count, position + Int.random(in: 1...8, using: &generator)))
            case 4: result.insert(telling.randomElement(using: &generator) ?? 0, at: position)
            case 5:
                let end = min(result.count, position + Int.random(in: 1...64, using: &generator))
                let target = Int.random(in: 0...result.count, using: &generator)
                result.insert(contentsOf: result[position..<end], at: target)
            case 6:
                let extremes: [UInt32] = [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF, UInt32(result.count)]
                let value = PickleBuilder.little(extremes.randomElement(using: &generator) ?? 0)
                for (index, byte) in value.enumerated() where position + index < result.count {
                    result[position + index] = byte
                }
            case 7 where Int.random(in: 0..<8, using: &generator) == 0: result.removeLast(result.count - position)
            default: result.swapAt(position, Int.random(in: 0..<result.count, using: &generator))
            }
        }
        return result
    }

    /// Places of printable runs and pickle bytes: everything that is not a storage, roughly.
    private static func metadataPlaces(of bytes: [UInt8]) -> [Int] {
        var places: [Int] = []
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let end = min(bytes.count, start + 16)
            if bytes[start..<end].count(where: { (0x20..<0x7F).contains($0) }) >= 8 { places += start..<end }
        }
        return places.isEmpty ? Array(bytes.indices) : places
    }

    /// Does with a file all that the server and `inspect` do; returns whether it was read.
    private static func exercise(_ bytes: [UInt8]) -> Bool {
        do throws(CheckpointError) {
            let file = try CheckpointFile.parse(bytes, name: "mutated")
            let report = Inspector.inspect(file)
            #expect(!report.text().isEmpty)
            _ = try? GPTCheckpoint(file)
            _ = try? SoVITSCheckpoint(file)
            for item in TensorListing(file.root).items where item.tensor.elementCount < 1 << 16 {
                #expect(try item.tensor.floats().count == item.tensor.elementCount)
            }
            return true
        } catch {
            #expect(!error.message.isEmpty)
            return false
        }
    }

    @Test(.timeLimit(.minutes(60))) func mutatedCheckpointsNeitherCrashNorHangNorGrow() async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            try Self.runMutations()
        }
        report(result)
    }

    @Test(.timeLimit(.minutes(10))) func densePicklesStayBounded() async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            try Self.runDensePickles()
        }
        report(result)
    }

    /// Shows what the process of a test measured.
    private func report(_ result: ExitTest.Result?) {
        for line in String(decoding: result?.standardOutputContent ?? [], as: UTF8.self).split(separator: "\n")
        where line.contains("over idle") {
            print(line)
        }
    }

    private static func runMutations() throws {
        let seeds = try seeds.map { name in
            let bytes = try Fixtures.bytes(name)
            return (bytes: bytes, metadata: metadataPlaces(of: bytes))
        }
        var generator = SplitMix64(seed: 0x5EED)
        let idle = try Memory.residentByteCount()
        var readCount = 0
        var slowest = Duration.zero
        let clock = ContinuousClock()
        let start = clock.now
        for iteration in 0..<iterations {
            let seed = seeds[iteration % seeds.count]
            let mutated = mutate(seed.bytes, seed.metadata, with: &generator)
            let elapsed = clock.measure { if exercise(mutated) { readCount += 1 } }
            slowest = max(slowest, elapsed)
        }
        let growth = (try Memory.peakByteCount() - idle) >> 20
        print(
            "fuzz: \(iterations) mutated checkpoints in \(clock.now - start), \(readCount) still readable, "
                + "slowest \(slowest), \(growth) MiB over idle")
        #expect(growth <= 256)
        #expect(slowest < .seconds(20))
        // Mutations that never, or always, break a file would test nothing.
        #expect(readCount > iterations / 100)
        #expect(readCount < iterations)
    }

    /// The densest pickles that the limits let through, and some that they do not.
    private static let densePatterns = [
        "N0", "N", "]0", "]", "}0", ")", "(l", "(d", "(l0", "I1\n", "C\u{1}x", "U\u{1}x0", "2", "(", "(1", "cm\nn\n0",
        "cm\nn\n)R", "cm\nn\n)R0", "}NNs", "p1\n", "Np1\n0", "(NNd0", "Vtext\n", "](Ne", "]p1\n(g1\ng1\nt",
    ]

    /// Bytes of a dense pickle; with many iterations, more than any limit lets through.
    private static let densePickleByteCount = iterations > 10_000 ? 3_000_000 : 100_000

    private static func runDensePickles() throws {
        let idle = try Memory.residentByteCount()
        let clock = ContinuousClock()
        var slowest = Duration.zero
        for pattern in densePatterns {
            let body = Array(repeating: Array(pattern.utf8), count: densePickleByteCount / pattern.utf8.count).joined()
            let pickle: [UInt8] = Array("N(".utf8) + body + Array("t.".utf8)
            let elapsed = clock.measure { _ = exercise(PickleBuilder.archive(pickle: pickle)) }
            let growth = (try Memory.peakByteCount() - idle) >> 20
            #expect(growth <= 256, "\(pattern.debugDescription): \(growth) MiB over idle")
            #expect(elapsed < .seconds(60), "\(pattern.debugDescription)")
            slowest = max(slowest, elapsed)
        }
        let growth = (try Memory.peakByteCount() - idle) >> 20
        print("dense pickles: slowest \(slowest), at most \(growth) MiB over idle")
    }
}
