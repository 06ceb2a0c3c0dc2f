import Foundation
import Testing

@testable import Checkpoints

@Suite struct SoVITSCheckpointTests {
    @Test(arguments: [
        ("sovits_v1.pth", SymbolVersion.v1, ModelVersion.v1, false), ("sovits_v2.pth", .v2, .v2, false),
        ("sovits_v2Pro.pth", .v2, .v2Pro, false), ("sovits_v2Pro_without_tag.pth", .v2, .v2Pro, false),
        ("sovits_v3_lora.pth", .v2, .v3, true),
        ("sovits_v4_lora.pth", .v2, .v4, true),
    ])
    func versions(name: String, symbols: SymbolVersion, model: ModelVersion, isLoRA: Bool) throws {
        let checkpoint = try SoVITSCheckpoint(Fixtures.open(name))
        #expect(checkpoint.version.symbols == symbols)
        #expect(checkpoint.version.model == model)
        #expect(checkpoint.version.isLoRA == isLoRA)
        #expect(checkpoint.loraRank == (isLoRA ? 2 : nil))
        #expect(checkpoint.info == "8epoch_128iteration")
        #expect(checkpoint.config["data"]?["hop_length"]?.intValue == 640)
    }

    @Test(arguments: [
        ("sovits_head05_v2_content.pth", CheckpointError.Code.versionContradiction, "sv_emb"),
        ("sovits_head03_without_factors.pth", .missingLoRA, "no LoRA factors"),
        ("sovits_head03_other_rank.pth", .missingLoRA, "rank is 4"),
        ("sovits_config_without_fields.pth", .missingConfiguration, "data.filter_length"),
        ("gpt.ckpt", .wrongStage, "it is a GPT model (first stage)"),
        ("gpt_no_weight_entry.ckpt", .missingEntry, "'weight'"),
    ])
    func badModelsHaveTheirOwnErrors(name: String, code: CheckpointError.Code, detail: String) throws {
        let file = try Fixtures.open(name)
        let error = #expect(throws: CheckpointError.self) { _ = try SoVITSCheckpoint(file) }
        #expect(error?.code == code, "\(error?.message ?? "")")
        #expect(error?.message.contains(detail) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix(file.path) == true)
    }

    /// Files that were saved again have neither tag nor known digest, and sizes of their own.
    @Test func contentAndNameDecideWhereTheSizeAloneWouldBeWrong() {
        let bySize = SoVITSVersion(symbols: .v2, model: .v2, isLoRA: false, evidence: .fileSize)
        let flow = SoVITSContent(["cfm.estimator.x", "enc_p.y"])
        let speaker = SoVITSContent(["sv_emb.weight"])
        for (content, path, model) in [
            (flow, "/a/s2Gv3.pth", ModelVersion.v3), (flow, "/a/gsv-v4-pretrained/s2Gv4.pth", .v4),
            (flow, "/a/SoVITS_weights_v4/voice.pth", .v4), (flow, "/v4/a/b/voice.pth", .v3),
            (speaker, "/a/voice.pth", .v2Pro), (speaker, "/a/v2Pro/s2Gv2ProPlus.pth", .v2ProPlus),
            (SoVITSContent(["dec.x"]), "/a/v4/voice.pth", .v2),
        ] {
            let version = bySize.refined(by: content, path: path)
            #expect(version.model == model, "\(path)")
            #expect(version.evidence == (model == .v2 ? .fileSize : .content))
        }
        let tagged = SoVITSVersion(symbols: .v2, model: .v2, isLoRA: false, evidence: .headTag)
        #expect(tagged.refined(by: flow, path: "/a/s2Gv4.pth") == tagged)
        let factors = SoVITSContent(["cfm.x.lora_A.y"])
        #expect(bySize.refined(by: factors, path: "/a/v4/x.pth") == bySize)
    }

    @Test func digestComesBeforeTagAndTagBeforeSize() {
        let digest = "6642b37f3dbb1f76882b69937c95a5f3"
        func model(_ digest: String, _ tag: HeadTag?, _ size: Int) -> ModelVersion {
            SoVITSVersion.detect(headDigest: digest, headTag: tag, byteCount: size).model
        }
        #expect(model(digest, .v1, 1 << 30) == .v2)
        #expect(model("", .v1, 1 << 30) == .v1)
        #expect(model("", nil, 82_978 * 1024 - 1) == .v1)
        #expect(model("", nil, 82_978 * 1024) == .v2)
        #expect(model("", nil, 700 * 1024 * 1024 - 1) == .v2)
        #expect(model("", nil, 700 * 1024 * 1024) == .v3)
        for tag in HeadTag.allCases {
            let version = SoVITSVersion.detect(headDigest: "", headTag: tag, byteCount: 0)
            #expect(version.isLoRA == (tag == .v3LoRA || tag == .v4LoRA))
            #expect(version.evidence == .headTag)
        }
        #expect(SoVITSVersion.publishedHashes.count == 6)
    }

    @Test func rowsDecideOnlyBetweenV1AndV2() {
        let v2 = SoVITSVersion.published(.v2)
        #expect(v2.refined(textEmbeddingRows: 322).model == .v1)
        #expect(v2.refined(textEmbeddingRows: 322).symbols == .v1)
        #expect(v2.refined(textEmbeddingRows: 732).model == .v2)
        #expect(v2.refined(textEmbeddingRows: nil).model == .v2)
        let pro = SoVITSVersion.published(.v2Pro).refined(textEmbeddingRows: 322)
        #expect(pro.model == .v2Pro)
        #expect(SoVITSVersion.published(.v4).refined(textEmbeddingRows: 732).model == .v4)
    }

    @Test(
        .enabled(if: Fixtures.goldenModels != nil),
        arguments: [
            ("pretrained_models/s2G488k.pth", ModelVersion.v1, false),
            ("pretrained_models/gsv-v2final-pretrained/s2G2333k.pth", .v2, false),
            ("pretrained_models/v2Pro/s2Gv2Pro.pth", .v2Pro, false),
            ("pretrained_models/v2Pro/s2Gv2ProPlus.pth", .v2ProPlus, false),
            ("pretrained_models/s2Gv3.pth", .v3, false), ("pretrained_models/gsv-v4-pretrained/s2Gv4.pth", .v4, false),
            ("user/SoVITS_weights_v2Pro", .v2Pro, false), ("user/SoVITS_weights_v3", .v3, true),
            ("user/SoVITS_weights_v4", .v4, true),
        ])
    func goldens(name: String, model: ModelVersion, isLoRA: Bool) throws {
        let file = try name.hasSuffix(".pth") ? Fixtures.golden(name) : Fixtures.onlyGolden(in: name)
        let checkpoint = try SoVITSCheckpoint(file, knownHashes: Fixtures.goldenHashes())
        #expect(checkpoint.version.model == model)
        #expect(checkpoint.version.isLoRA == isLoRA)
        let ranks = try Fixtures.goldenSizes().loraRanks
        #expect(checkpoint.loraRank == (isLoRA ? ranks[model.rawValue] : nil))
        #expect((checkpoint.loraRank != nil) == isLoRA)
    }

    @Test(
        .enabled(if: Fixtures.goldenModels != nil),
        arguments: [
            ("pretrained_models/s2Gv3.pth", "02", ModelVersion.v3),
            ("pretrained_models/v2Pro/s2Gv2ProPlus.pth", "06", .v2ProPlus),
            ("pretrained_models/v2Pro/s2Gv2Pro.pth", "05", .v2Pro),
            ("pretrained_models/gsv-v2final-pretrained/s2G2333k.pth", "00", .v2),
            ("pretrained_models/s2G488k.pth", "01", .v1),
        ])
    func tagsInPlaceOfTheFirstBytes(name: String, tag: String, model: ModelVersion) throws {
        let path = try #require(Fixtures.goldenModels).appending(path: "fixtures/\(name)")
        var bytes = try [UInt8](Data(contentsOf: path))
        bytes.replaceSubrange(..<2, with: tag.utf8)
        let checkpoint = try SoVITSCheckpoint(CheckpointFile.parse(bytes, name: "tagged"))
        #expect(checkpoint.version.model == model)
        #expect(checkpoint.version.evidence == .headTag)
        #expect(!checkpoint.version.isLoRA)
    }

    @Test(
        .enabled(if: Fixtures.goldenModels != nil),
        arguments: [
            ("s2_head05_but_v2_content.pth", CheckpointError.Code.versionContradiction),
            ("s2_head03_without_lora_keys.pth", .missingLoRA), ("s2_config_without_keys.pth", .missingConfiguration),
        ])
    func badGoldens(name: String, code: CheckpointError.Code) throws {
        let file = try Fixtures.golden("bad/\(name)")
        #expect(Fixtures.code { _ = try SoVITSCheckpoint(file) } == code)
    }
}
