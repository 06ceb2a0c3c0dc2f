import Foundation
import Testing

@testable import Checkpoints

@Suite struct InspectorTests {
    private func codes(_ name: String) throws -> Set<String> {
        Set(Inspector.inspect(try Fixtures.open(name)).findings.map(\.code))
    }

    @Test func aSoundModelHasNothingOdd() throws {
        let report = Inspector.inspect(try Fixtures.open("gpt.ckpt"))
        #expect(report.kind == .gpt)
        #expect(report.findings.isEmpty)
        #expect(report.isUsable)
        #expect(report.tensors.count == 19)
        #expect(report.totals == [.init(dtype: .float16, tensorCount: 19, elementCount: 1170)])
        #expect(report.entries.map(\.key) == ["weight", "config", "info"])
        let text = report.text()
        for part in ["GPT (first stage)", "Nothing odd", "n_layer: 1", "model.bert_proj.bias  float16 [8]"] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(!report.text(listsTensors: false).contains("model.bert_proj.bias"))
    }

    @Test(arguments: [
        ("gpt_nan.ckpt", "non_finite"), ("gpt_missing_tensor.ckpt", "missing_tensor"),
        ("gpt_wrong_shape.ckpt", "wrong_shape"), ("gpt_unexpected_tensor.ckpt", "unexpected_tensor"),
        ("gpt_unknown_class.ckpt", "opaque_class"), ("gpt_config_class.ckpt", "configuration_not_dictionary"),
        ("gpt_eos_not_last.ckpt", "end_of_speech_not_last"), ("gpt_no_weight_entry.ckpt", "missing_entry"),
        ("gpt_big_endian.ckpt", "container"), ("values.pt", "shared_storage"), ("values.pt", "strided"),
        ("values.pt", "opaque_class"), ("sovits_v2.pth", "training_leftovers"), ("sovits_v2.pth", "unknown_part"),
        ("sovits_v3_lora.pth", "lora"), ("sovits_head05_v2_content.pth", "version_contradiction"),
        ("sovits_head05_v2_content.pth", "missing_part"), ("sovits_head03_without_factors.pth", "missing_lora"),
        ("sovits_config_without_fields.pth", "missing_configuration"),
    ])
    func oddThingsAreFound(name: String, code: String) throws {
        let found = try codes(name)
        #expect(found.contains(code), "\(found)")
    }

    @Test func sizesAndMemoryOfAWholeModel() throws {
        let file = try CheckpointFile.open(
            path: Fixtures.folder.deletingLastPathComponent().appending(
                path: "models/flow/fixtures/pretrained_models/s2Gv3.pth"
            ).path)
        let report = Inspector.inspect(file, knownHashes: [file.headDigest: .published(.v3)])
        let sizes = try #require(report.sovitsSizes)
        #expect(sizes.flow == .init(layerCount: 2, width: 128))
        #expect(
            sizes.hiddenWidth == 32 && sizes.styleWidth == 48 && sizes.symbolCount == 732 && sizes.tokenCount == 1024)
        #expect(sizes.decoderWidth == nil && sizes.samplingRate == 32_000)
        let whole = report.totals.reduce(0) { $0 + $1.elementCount }
        #expect(report.parameterCount == whole - 1)  // but for `inited`
        #expect(report.memory.map(\.dtype) == [.float32, .float16, .bfloat16])
        #expect(report.memory.map(\.byteCount) == [4, 2, 2].map { $0 * report.parameterCount })
        #expect(report.requiredBase == nil)
        let text = report.text(listsTensors: false)
        for part in [
            "flow of 2 layers, width 128", "732 phonemes", "parameters", "as bfloat16", "SoVITS (second stage) v3",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test(arguments: [("sovits_v3_lora.pth", "s2Gv3.pth"), ("sovits_v4_lora.pth", "gsv-v4-pretrained/s2Gv4.pth")])
    func factorsNameTheirBase(name: String, base: String) throws {
        let report = Inspector.inspect(try Fixtures.open(name))
        #expect(report.loraRank == 2)
        #expect(report.requiredBase?.contains(base) == true)
        #expect(report.text().contains("rank 2"))
        #expect(report.parameterCount > 0)
    }

    @Test(.enabled(if: Fixtures.goldenModels != nil)) func goldenSizes() throws {
        for (file, flow) in [
            (try Fixtures.golden("pretrained_models/v2Pro/s2Gv2Pro.pth"), nil),
            (try Fixtures.onlyGolden(in: "user/SoVITS_weights_v4"), try Fixtures.goldenSizes().flowWidth),
        ] as [(CheckpointFile, Int?)] {
            let report = Inspector.inspect(file, knownHashes: try Fixtures.goldenHashes())
            let sizes = try #require(report.sovitsSizes)
            #expect(sizes.flow?.width == flow)
            #expect((sizes.decoderWidth == nil) == (flow != nil))
        }
    }

    @Test func nonFiniteTensorsAreNamedAndCounted() throws {
        let report = Inspector.inspect(try Fixtures.open("gpt_nan.ckpt"))
        let tensor = try #require(report.tensors.first { $0.nonFinite != nil })
        #expect(tensor.name == "weight.model.h.layers.0.linear1.weight")
        #expect(tensor.nonFinite == .init(nan: 1, infinity: 1))
        #expect(!report.isUsable)
        #expect(report.findings.contains { $0.message.contains(tensor.name) && $0.severity == .error })
    }

    @Test func changedBytesShowInTheChecksum() throws {
        var bytes = try Fixtures.bytes("gpt.ckpt")
        let file = try CheckpointFile.parse(bytes, name: "copy")
        #expect(!Inspector.inspect(file).findings.contains { $0.code == "checksum" })
        let pattern = try #require(file.root["weight"]?["model.ar_predict_layer.weight"]?.tensorValue)
        let stored = pattern.withUnsafeStorageBytes { Array($0) }
        let place = try #require(bytes.lastRange(of: stored))
        bytes[place.lowerBound] ^= 1
        let changed = Inspector.inspect(try CheckpointFile.parse(bytes, name: "copy"))
        #expect(changed.findings.contains { $0.code == "checksum" && $0.message.contains("ar_predict_layer") })
    }

    @Test func loraFilesSayWhatTheyNeed() throws {
        let report = Inspector.inspect(try Fixtures.open("sovits_v4_lora.pth"))
        #expect(report.kind == .sovits)
        #expect(report.version?.model == .v4)
        #expect(report.loraRank == 2)
        #expect(report.requiredBase?.contains("v4") == true)
        #expect(report.headTag == "04")
        #expect(report.text().contains("SoVITS (second stage) v4 LoRA, rank 2"))
        guard case .object(let fields) = report.configuration else {
            Issue.record("no configuration")
            return
        }
        #expect(fields.first == .init(name: "__class__", value: .text("utils.HParams")))
    }

    @Test(arguments: ["gpt_nan.ckpt", "values.pt", "sovits_v2Pro.pth", "recursive.pt", "good.safetensors"])
    func reportsAreJSON(name: String) throws {
        let report = Inspector.inspect(try Fixtures.open(name))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(report)
        let decoded = try JSONDecoder().decode(InspectionReport.self, from: data)
        #expect(try encoder.encode(decoded) == data)
        #expect(decoded.findings == report.findings)
    }

    @Test func nonFiniteValuesAreCountedInEveryType() throws {
        var pickle = PickleBuilder()
        pickle.op("(")
        let types = [
            ("HalfStorage", [0x00, 0x7C, 0x01, 0xFC, 0xFF, 0x7B, 0, 0]),
            ("BFloat16Storage", [0x80, 0xFF, 0xC0, 0x7F, 0x7F, 0x7F, 0, 0]),
            ("FloatStorage", [0, 0, 0x80, 0x7F, 1, 0, 0x80, 0xFF, 0xFF, 0xFF, 0x7F, 0x7F, 0, 0, 0, 0]),
            (
                "DoubleStorage",
                [0, 0, 0, 0, 0, 0, 0xF0, 0xFF, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F] + [UInt8](repeating: 0, count: 16)
            ),
        ]
        for (index, type) in types.enumerated() {
            pickle.tensor(key: "\(index)", type: type.0, count: 4, offset: 0, shape: [4], strides: [1])
            // The infinity alone, by a stride.
            pickle.tensor(key: "\(index)", type: type.0, count: 4, offset: 0, shape: [2], strides: [2])
        }
        pickle.op("t")
        pickle.op(".")
        let storages = types.enumerated().map { (key: "\($0.offset)", bytes: $0.element.1) }
        let file = try CheckpointFile.parse(
            PickleBuilder.archive(pickle: pickle.bytes, storages: storages), name: "built")
        let tensors = (file.root.arrayValue ?? []).compactMap(\.tensorValue)
        #expect(tensors.count == 8)
        for (index, tensor) in tensors.enumerated() {
            #expect(tensor.countNonFinite() == .init(nan: index.isMultiple(of: 2) ? 1 : 0, infinity: 1), "\(index)")
        }
    }
}
