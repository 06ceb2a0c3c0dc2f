import Checkpoints
import Foundation
import Synchronization
import Testing
import Torch

@testable import Benchmarking

@Suite struct SpeedTableTests {
    private static let table = SpeedTable(
        machine: SpeedTable.Machine(
            device: "cpu", dtype: "float32", threadCount: 2, processorCount: 4, processor: "Model 9",
            libtorch: "2.13.0",
            loadBefore: 0.25, peakResidentBytes: 2_000_000_000),
        rows: [
            Measure.prefill.row(
                [118, 120, 472], isComparable: true, residentBytes: 800_000_000, peakResidentBytes: 900_500_000),
            Measure.decode(rows: 4, reference: 96).row(
                [190, 194], isComparable: true, residentBytes: 810_000_000, peakResidentBytes: 950_000_000),
            Measure.sovits(.v2).row(
                [0.0125], isComparable: false, residentBytes: 820_000_000, peakResidentBytes: 1_000_000_000),
        ])

    @Test func rendersMarkdown() {
        let lines = Self.table.markdown().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(
            lines.prefix(7) == [
                "libtorch 2.13.0, cpu, float32, 2 threads; Model 9, 4 processors online, load 0.2 before",
                "",
                "| part | unit | median (min–max) | runs | Python reference | times as fast | memory, MB | peak so far, MB |",
                "|---|---|--:|--:|--:|--:|--:|--:|",
                "| prefill of 180 tokens, batch 1 | ms | 120 (118–472) | 3 | 236 | 1.97 | 800 | 900 |",
                "| decode, batch 4 | steps × rows / s | 192 (190–194) | 2 | 96.0 | 2.00 | 810 | 950 |",
                "| SoVITS v2, 10 s of audio | real-time factor | 0.0125 (0.0125–0.0125) | 1 | – | – | 820 | 1000 |",
            ])
    }

    @Test(arguments: [
        (0.205, "0.205"), (41, "41.0"), (473, "473"), (12_345.6, "12346"), (0.7, "0.700"), (-1.5, "-1.50"), (0, "0.0"),
        (.infinity, "inf"), (0.000_123_4, "0.000123"),
    ]) func threeDigits(_ value: Double, _ text: String) {
        #expect(SpeedTable.text(value) == text)
    }

    @Test func jsonComesBack() throws {
        let decoded = try JSONDecoder().decode(SpeedTable.self, from: Data(Self.table.json().utf8))
        #expect(decoded.markdown() == Self.table.markdown())
        #expect(decoded.machine.peakResidentBytes == 2_000_000_000)
    }
}

@Suite struct SpeedBenchTests {
    /// The whole measurement over small models that lie in the folder already.
    @Test func measuresEverything() async throws {
        let folder = try TemporaryFolder()
        _ = try RandomCheckpoints.write(to: folder.path, parts: BenchmarkPart.allCases, seed: 1, sizes: .small)
        let before = Set(folder.names)
        var options = SpeedOptions()
        options.folder = folder.path
        options.runs = 2
        options.threadCount = 1
        let said = Mutex<[String]>([])
        let table = try await SpeedTable.run(options: options) { text in said.withLock { $0.append(text) } }
        #expect(
            table.rows.map(\.name) == [
                "load GPT", "prefill of 180 tokens, batch 1", "decode, batch 1", "decode, batch 4", "decode, batch 8",
                "load SoVITS v2", "SoVITS v2, 10 s of audio", "load SoVITS v1", "SoVITS v1, 10 s of audio",
                "load SoVITS v2Pro", "SoVITS v2Pro, 10 s of audio", "load SoVITS v2ProPlus",
                "SoVITS v2ProPlus, 10 s of audio", "load SoVITS v4", "v4 flow matching, 8 steps",
                "v4 flow matching, 32 steps", "load a LoRA file for v4, rank 32", "load SoVITS v3 and BigVGAN",
                "v3 flow matching, 8 steps",
                "load BigVGAN", "BigVGAN, 5 s of audio", "load the v4 vocoder", "v4 vocoder, 5 s of audio",
                "load AP-BWE", "AP-BWE, 5 s of audio", "load the speaker embedding", "speaker embedding, 5 s",
                "HuBERT, 5 s", "RoBERTa, 128 tokens",
            ])
        for row in table.rows {
            #expect(row.runs == 2 && row.minimum > 0 && row.minimum <= row.median && row.median <= row.maximum)
            #expect(row.timesAsFast.map { $0 > 0 && $0.isFinite } ?? (row.reference == nil))
            #expect(row.residentBytes > 10_000_000 && row.peakResidentBytes >= row.residentBytes / 2)
        }
        // The count belongs to the whole process, in which other tests set their own.
        #expect(table.machine.threadCount >= 1)
        #expect(table.machine.device == "cpu")
        #expect(Set(folder.names) == before)
        #expect(said.withLock { $0.contains("decode, batch 8: run 2 of 2") && !$0.contains { $0.contains("writing") } })
    }

    @Test func leavesOutWhatIsNotAskedFor() async throws {
        let folder = try TemporaryFolder()
        _ = try RandomCheckpoints.write(to: folder.path, parts: [.hubert], seed: 1, sizes: .small)
        var options = SpeedOptions()
        options.folder = folder.path
        options.runs = 2
        let table = try await SpeedTable.run(parts: [.hubert], options: options)
        #expect(table.rows.map(\.name) == ["HuBERT, 5 s"])
        #expect(folder.names == ["chinese-hubert-base"])
    }

    @Test func namesADamagedFile() async throws {
        let folder = try TemporaryFolder()
        let path = RandomCheckpoints(folder: folder.path).gptPath
        try Data("nothing".utf8).write(to: URL(fileURLWithPath: path))
        var options = SpeedOptions()
        options.folder = folder.path
        let error = await #expect(throws: CheckpointError.self) {
            try await SpeedTable.run(parts: [.gpt], options: options)
        }
        #expect(error?.message.contains(path) == true)
    }

    @Test(arguments: [(1, nil), (101, nil), (5, 0), (5, -3)] as [(Int, Int?)])
    func refusesOptionsOutOfRange(_ runs: Int, _ threads: Int?) async throws {
        var options = SpeedOptions()
        options.runs = runs
        options.threadCount = threads
        let error = await #expect(throws: BenchmarkingError.self) { try await SpeedTable.run(options: options) }
        #expect(error?.code == .input)
    }
}
