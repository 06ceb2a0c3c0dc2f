import Foundation
import Testing

@testable import Checkpoints

@Suite struct CheckpointFileTests {
    @Test(arguments: [
        ("gpt.ckpt", CheckpointFile.Container.zip), ("gpt_protocol4.ckpt", .zip), ("gpt_deflated.ckpt", .zip),
        ("gpt_zip64_no_folder.ckpt", .zip), ("gpt_big_endian.ckpt", .zip), ("gpt_legacy.ckpt", .legacyPickle),
    ])
    func everyContainerHoldsTheSameModel(name: String, container: CheckpointFile.Container) throws {
        let expected = try GPTCheckpoint(Fixtures.open("gpt.ckpt"))
        let file = try Fixtures.open(name)
        #expect(file.container == container)
        let found = try GPTCheckpoint(file)
        #expect(found.weights.count == expected.weights.count)
        #expect(found.info == "GPT-e10")
        for (key, tensor) in expected.weights {
            #expect(try found.weights[key]?.floats() == tensor.floats(), "\(key)")
        }
        // The script draws from a seeded generator, so the first numbers are known.
        let first = try #require(expected.weights["model.bert_proj.weight"])
        #expect(try first.floats()[0] != 0)
        #expect(first.storage.isMapped)
    }

    @Test func tensorsAreViewsOfTheMapping() throws {
        let file = try Fixtures.open("gpt.ckpt")
        let tensor = try #require(file.root["weight"]?["model.bert_proj.bias"]?.tensorValue)
        let first = tensor.withUnsafeStorageBytes { UInt(bitPattern: $0.baseAddress) }
        let second = tensor.withUnsafeStorageBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(first == second)
        #expect(first % 64 == 0, "PyTorch aligns storages")
        #expect(tensor.withUnsafeStorageBytes { $0.count } == tensor.elementCount * 2)
    }

    @Test func legacyStoragesAreAlignedOnUse() throws {
        let file = try Fixtures.open("values_legacy.pt")
        for item in TensorListing(file.root).items {
            let alignment = UInt(item.tensor.dtype.byteCount)
            let address = item.tensor.withUnsafeStorageBytes { UInt(bitPattern: $0.baseAddress) }
            #expect(address % alignment == 0, "\(item.place)")
        }
    }

    @Test(arguments: [
        ("gpt_truncated_half.ckpt", CheckpointError.Code.truncated), ("gpt_truncated_tail.ckpt", .truncated),
        ("gpt_legacy_truncated.ckpt", .truncated), ("gpt_missing_storage.ckpt", .missingStorage),
        ("gpt_short_storage.ckpt", .missingStorage), ("empty.ckpt", .emptyFile), ("text.ckpt", .notACheckpoint),
        ("web_page.ckpt", .notACheckpoint), ("other.zip", .notACheckpoint), ("plain_pickle.ckpt", .notACheckpoint),
        ("torchscript.pt", .unsupportedFormat), ("calls_os_system.ckpt", .forbiddenCallable),
        ("calls_eval_protocol4.ckpt", .forbiddenCallable), ("calls_subprocess_legacy.ckpt", .forbiddenCallable),
        ("calls_plain_pickle.ckpt", .forbiddenCallable), ("billion_laughs.pt", .limitExceeded),
        ("deep.pt", .limitExceeded), ("bomb.ckpt", .limitExceeded), ("sovits_head99.pth", .unknownHeadTag),
        ("no_such_file.ckpt", .fileNotFound), ("README.md/x", .fileNotFound), (".", .notRegularFile),
        ("bad_overlap.safetensors", .malformedHeader), ("bad_gap.safetensors", .malformedHeader),
        ("bad_size.safetensors", .invalidTensor), ("bad_overflow.safetensors", .invalidTensor),
        ("bad_type.safetensors", .unsupportedScalarType), ("bad_short.safetensors", .truncated),
        ("bad_long.safetensors", .malformedHeader), ("bad_twice.safetensors", .malformedHeader),
        ("bad_json.safetensors", .malformedHeader), ("bad_end.safetensors", .malformedHeader),
        ("bad_length.safetensors", .truncated),
    ])
    func badFilesHaveTheirOwnErrors(name: String, code: CheckpointError.Code) {
        let error = #expect(throws: CheckpointError.self) { _ = try Fixtures.open(name) }
        #expect(error?.code == code, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix(Fixtures.path(name)) == true)
    }

    @Test func nothingIsExecuted() {
        for name in ["calls_os_system.ckpt", "calls_plain_pickle.ckpt"] { _ = try? Fixtures.open(name) }
        for folder in [FileManager.default.currentDirectoryPath, Fixtures.folder.path] {
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/pickle_was_executed"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func pipesAndDevicesAreRefused() throws {
        #expect(Fixtures.code { _ = try CheckpointFile.open(path: "/dev/zero") } == .notRegularFile)
        let pipe = FileManager.default.temporaryDirectory.appending(path: "checkpoint-\(UUID().uuidString)").path
        #expect(mkfifo(pipe, 0o600) == 0)
        defer { unlink(pipe) }
        #expect(Fixtures.code { _ = try CheckpointFile.open(path: pipe) } == .notRegularFile)
    }

    @Test func safetensors() throws {
        let file = try Fixtures.open("good.safetensors")
        #expect(file.container == .safetensors)
        #expect(file.metadata == ["format": "pt", "nöte": "a\"\\\n😀"])
        let tensors = try file.tensors(under: nil)
        #expect(try tensors["a"]?.floats() == [1, 2, 3, 4, 5, 6])
        #expect(tensors["a"]?.strides == [3, 1])
        #expect(try tensors["b"]?.floats() == [1, -2])
        #expect(try tensors["c"]?.floats() == [-5])
        #expect(tensors["c"]?.shape == [])
        #expect(tensors["d"]?.elementCount == 0)
    }

    @Test func entriesThatAreMissingAreNamed() throws {
        let file = try Fixtures.open("gpt_no_weight_entry.ckpt")
        let error = #expect(throws: CheckpointError.self) { _ = try file.tensors(under: "weight") }
        #expect(error?.code == .missingEntry)
        #expect(error?.message.contains("state_dict") == true)
        #expect(try file.tensors(under: "state_dict").count == 19)
        #expect(Fixtures.code { _ = try file.tensors(under: nil) } == .missingEntry)
    }

    @Test func messagesCannotFloodOrSteerATerminal() {
        let name = "x\u{1B}[2J" + String(repeating: "y", count: 100_000)
        let error = #expect(throws: CheckpointError.self) { _ = try CheckpointFile.parse([1, 2, 3], name: name) }
        #expect((error?.message.count ?? .max) < 1100)
        #expect(error?.message.contains("\u{1B}") == false)
    }

    @Test func openingAGigabyteTouchesAlmostNothing() async {
        // In a process of its own, so that other tests' memory does not count.
        await #expect(processExitsWith: .success) { try Self.openGigabyte() }
    }

    private static func openGigabyte() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "checkpoint-\(UUID().uuidString)").path
        defer { unlink(path) }
        // A sparse file: 1 GiB of storage that was never written, between the headers and the directory.
        let gigabyte = 1 << 30
        var pickle = PickleBuilder()
        pickle.tensor(key: "0", count: gigabyte / 4, offset: 0, shape: [gigabyte / 4], strides: [1])
        pickle.op(".")
        let small = PickleBuilder.archive(pickle: pickle.bytes, storages: [("0", [])])
        let end = try #require(small.lastRange(of: [0x50, 0x4B, 5, 6]))
        var tail = Array(small[directoryStart(small)...])
        let shift = directoryStart(small)
        let second = try #require(tail.lastRange(of: [0x50, 0x4B, 1, 2]))
        tail.replaceSubrange(
            second.lowerBound + 20..<second.lowerBound + 24, with: PickleBuilder.little(UInt32(gigabyte)))
        tail.replaceSubrange(
            second.lowerBound + 24..<second.lowerBound + 28, with: PickleBuilder.little(UInt32(gigabyte)))
        let endInTail = end.lowerBound - shift
        tail.replaceSubrange(
            endInTail + 16..<endInTail + 20, with: PickleBuilder.little(UInt32(shift + gigabyte)))
        #expect(FileManager.default.createFile(atPath: path, contents: Data(small[..<shift])))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seek(toOffset: UInt64(shift + gigabyte))
        try handle.write(contentsOf: Data(tail))
        try handle.close()

        let before = try Memory.residentByteCount()
        let clock = ContinuousClock()
        let start = clock.now
        let file = try CheckpointFile.open(path: path)
        let elapsed = clock.now - start
        #expect(elapsed < .seconds(1))
        #expect(file.root.tensorValue?.elementCount == gigabyte / 4)
        let growth = try Memory.residentByteCount() - before
        #expect(growth < 16 << 20)
    }

    private static func directoryStart(_ archive: [UInt8]) -> Int {
        archive.firstRange(of: [0x50, 0x4B, 1, 2])?.lowerBound ?? 0
    }

    @Test(.enabled(if: Fixtures.goldenModels != nil)) func everyGoodGoldenOpens() throws {
        let models = try #require(Fixtures.goldenModels)
        let enumerator = try #require(FileManager.default.enumerator(atPath: models.path))
        var count = 0
        for case let name as String in enumerator {
            let isModel = ["ckpt", "pth", "pt", "bin", "safetensors", "zip"].contains { name.hasSuffix(".\($0)") }
            guard isModel, !name.contains("bad/") else { continue }
            let file = try CheckpointFile.open(path: models.appending(path: name).path)
            #expect(!TensorListing(file.root).items.isEmpty, "\(name)")
            let report = Inspector.inspect(file, knownHashes: try Fixtures.goldenHashes())
            #expect(report.isUsable, "\(name): \(report.findings)")
            #expect(!report.findings.contains { $0.code == "checksum" }, "\(name)")
            count += 1
        }
        #expect(count > 0)
    }

    @Test(
        .enabled(if: Fixtures.goldenModels != nil),
        arguments: [
            ("s1_truncated_half.ckpt", CheckpointError.Code.truncated), ("s1_truncated_tail.ckpt", .truncated),
            ("empty.ckpt", .emptyFile), ("not_a_checkpoint.ckpt", .notACheckpoint),
            ("s1_malicious_reduce.ckpt", .forbiddenCallable), ("s1_malicious_plain_pickle.ckpt", .forbiddenCallable),
            ("s2_unknown_head_99.pth", .unknownHeadTag),
        ])
    func badGoldensHaveTheirOwnErrors(name: String, code: CheckpointError.Code) throws {
        #expect(Fixtures.code { _ = try Fixtures.golden("bad/\(name)") } == code)
    }
}

extension Array where Element == UInt8 {
    /// The last place of some bytes.
    func lastRange(of pattern: [UInt8]) -> Range<Int>? {
        guard count >= pattern.count else { return nil }
        for start in stride(from: count - pattern.count, through: 0, by: -1)
        where Array(self[start..<start + pattern.count]) == pattern {
            return start..<start + pattern.count
        }
        return nil
    }
}
