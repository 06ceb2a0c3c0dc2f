import Checkpoints
import Foundation
import Testing

@testable import Settings

@Suite struct TTSInferConfigurationTests {
    private static let models = "GPT_SoVITS/pretrained_models/"
    private static let v2 = TTSInferSection(defaultsOf: .v2)

    /// Makes a file that exists for every default path of a version.
    private func installWeights(_ version: ModelVersion, in folder: String) throws {
        let section = TTSInferSection(defaultsOf: version)
        for path in [section.t2sWeightsPath, section.vitsWeightsPath] { try write("", to: folder + "/" + path) }
        for path in [section.bertBasePath, section.cnhubertBasePath] {
            try write("{}", to: folder + "/" + path + "/config.json")
        }
    }

    private func load(_ path: String?, in folder: String, cuda: Bool = false) throws -> TTSInferConfiguration {
        try TTSInferConfiguration(path: path, cudaIsAvailable: cuda, workingDirectory: folder)
    }

    @Test func aMissingFileIsCreatedAsTheServerCreatesIt() throws {
        try withFolder { folder throws in
            let configuration = try load("tts_infer.yaml", in: folder)
            #expect(
                try text(of: folder + "/tts_infer.yaml")
                    == text(of: fixtures.appending(path: "server-default.yaml").path))
            #expect(configuration.active == Self.v2)
            #expect(configuration.warnings.first?.contains("was created") == true)
        }
    }

    @Test func withoutAPathTheServersOwnIsUsed() throws {
        try withFolder { folder throws in
            #expect(try load(nil, in: folder).path == folder + "/GPT_SoVITS/configs/tts_infer.yaml")
            #expect(try load("", in: folder).warnings.contains { $0.contains("was created") } == false)
        }
    }

    @Test func aMissingFolderIsNotInvented() throws {
        try withFolder { folder throws in
            #expect(try settingsError { _ = try load("typo/tts_infer.yaml", in: folder) }.code == .notWritable)
            #expect(!SettingsFile.exists(folder + "/typo"))
        }
    }

    @Test func customIsPreferredAndV2StandsIn() throws {
        try withFolder { folder throws in
            try installWeights(.v4, in: folder)
            try installWeights(.v2, in: folder)
            try write("custom:\n  version: v4\n  device: cpu\n", to: folder + "/a.yaml")
            try write("v2:\n  version: v2\n  device: cuda:1\n  is_half: true\n", to: folder + "/b.yaml")
            let custom = try load("a.yaml", in: folder)
            #expect(custom.active == TTSInferSection(defaultsOf: .v4))
            let version2 = try load("b.yaml", in: folder, cuda: true)
            #expect(version2.active.device == "cuda:1")
            #expect(version2.active.isHalf)
        }
    }

    @Test func unusablePathsFallBackToThoseOfTheVersionsSection() throws {
        try withFolder { folder throws in
            try installWeights(.v1, in: folder)
            try write("", to: folder + "/mine.pth")
            try write("", to: folder + "/other.ckpt")
            let text = """
                custom:
                  version: v1
                  t2s_weights_path: gone.ckpt
                  vits_weights_path: mine.pth
                  bert_base_path: ''
                v1:
                  version: v1
                  t2s_weights_path: other.ckpt
                """
            try write(text, to: folder + "/t.yaml")
            let configuration = try load("t.yaml", in: folder)
            #expect(configuration.active.t2sWeightsPath == "other.ckpt")
            #expect(configuration.active.vitsWeightsPath == "mine.pth")
            #expect(configuration.active.bertBasePath == Self.models + "chinese-roberta-wwm-ext-large")
            #expect(configuration.active.cnhubertBasePath == Self.models + "chinese-hubert-base")
            let reasons = configuration.warnings.map { $0.replacing(folder, with: "") }
            #expect(
                reasons == [
                    "/t.yaml: t2s_weights_path gone.ckpt does not exist, so the default other.ckpt is used",
                    "/t.yaml: bert_base_path is not set, so the default \(Self.models)chinese-roberta-wwm-ext-large is used",
                    "/t.yaml: cnhuhbert_base_path is not set, so the default \(Self.models)chinese-hubert-base is used",
                ])
        }
    }

    @Test func theCPUHasNoHalfPrecision() throws {
        try withFolder { folder throws in
            try installWeights(.v2, in: folder)
            try write("custom: {version: v2, device: cuda, is_half: true}\n", to: folder + "/t.yaml")
            let configuration = try load("t.yaml", in: folder, cuda: false)
            #expect(configuration.active.device == "cpu")
            #expect(!configuration.active.isHalf)
            #expect(configuration.warnings.contains { $0.contains("CUDA is not available") })
            #expect(configuration.warnings.contains { $0.contains("half precision does not exist on the CPU") })
            #expect(try load("t.yaml", in: folder, cuda: true).active.isHalf)
        }
    }

    @Test func relativePathsAreFoundBesideTheFile() throws {
        try withFolder { folder throws in
            try write(
                "custom: {version: v2, t2s_weights_path: s1.ckpt, vits_weights_path: s2.pth}\n",
                to: folder + "/voice/t.yaml")
            try write("beside", to: folder + "/voice/s1.ckpt")
            try write("beside", to: folder + "/voice/s2.pth")
            try write("here", to: folder + "/s2.pth")
            let configuration = try load("voice/t.yaml", in: folder)
            #expect(configuration.active.t2sWeightsPath == "s1.ckpt")
            #expect(configuration.resolve("s1.ckpt") == folder + "/voice/s1.ckpt")
            #expect(configuration.resolve("s2.pth") == folder + "/s2.pth", "the working directory comes first")
            #expect(configuration.resolve("none.pth") == folder + "/none.pth")
            #expect(configuration.resolve("/x/y.pth") == "/x/y.pth")
        }
    }

    @Test func aSwitchIsSavedAsTheServerSavesIt() throws {
        try withFolder { folder throws in
            try installWeights(.v2, in: folder)
            let before = try text(of: fixtures.appending(path: "server-before.yaml").path)
            try write(before, to: folder + "/t.yaml")
            var configuration = try load("t.yaml", in: folder)
            configuration.use(t2sWeights: "new.ckpt")
            configuration.use(vitsWeights: "SoVITS_weights_v2/小 红_e8_s200.pth", version: .v2)
            try configuration.save()
            #expect(try text(of: folder + "/t.yaml") == text(of: fixtures.appending(path: "server-saved.yaml").path))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["GPT_SoVITS", "t.yaml"])
        }
    }

    @Test func savingKeepsPermissionsAndLinks() throws {
        try withFolder { folder throws in
            try installWeights(.v2, in: folder)
            try write("custom: {version: v2}\n", to: folder + "/real.yaml")
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder + "/real.yaml")
            try FileManager.default.createSymbolicLink(atPath: folder + "/link.yaml", withDestinationPath: "real.yaml")
            try load("link.yaml", in: folder).save()
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link.yaml") == "real.yaml")
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/real.yaml")
            #expect(attributes[.posixPermissions] as? Int == 0o640)
            #expect(try text(of: folder + "/real.yaml").hasPrefix("custom:\n  bert_base_path:"))
        }
    }

    @Test func unknownKeysAreNamed() throws {
        try withFolder { folder throws in
            try installWeights(.v2, in: folder)
            try write("custom:\n  version: v2\n  devise: cpu\nv5:\n  version: v5\n", to: folder + "/t.yaml")
            let warnings = try load("t.yaml", in: folder).warnings
            #expect(
                warnings.contains {
                    $0.hasSuffix("t.yaml:3: unknown key the text \"devise\" in custom; did you mean device?")
                })
            #expect(warnings.contains { $0.hasSuffix("t.yaml:4: unknown section the text \"v5\" is ignored") })
        }
    }

    @Test(arguments: [
        ("custom: {version: v9}", "t.yaml:1: custom version has to be one of v1, v2, v3, v4, v2Pro, v2ProPlus"),
        ("custom: {device: cpu}", "t.yaml:1: custom needs the key version"),
        ("custom:\n", "t.yaml:1: custom has to be a section"),
        ("custom: {version: v2, is_half: maybe}", "is_half has to be true or false; it holds the text \"maybe\""),
        ("custom: {version: v2, device: tpu}", "device has to be cpu, cuda or"),
        ("custom: {version: v2, device: 'cuda:x'}", "device has to be cpu, cuda or"),
        ("custom: {version: v2, t2s_weights_path: [1]}", "t2s_weights_path has to be text; it holds a list"),
        ("custom: {version: v2, bert_base_path: \"a\\0b\"}", "bert_base_path has to be text"),
        ("- a\n", "sections such as custom: and v2: are wanted"),
        ("", "the file holds nothing"),
    ])
    func wrongValuesAreNamedWithTheirPlace(text: String, reason: String) throws {
        try withFolder { folder throws in
            try write(text, to: folder + "/t.yaml")
            let error = try settingsError { _ = try load("t.yaml", in: folder) }
            #expect(error.code == .invalidValue)
            #expect(error.message.contains(reason), "\(error.message)")
        }
    }

    @Test func whatIsNoPlainFileIsRefusedWithoutWaiting() throws {
        try withFolder { folder throws in
            #expect(mkfifo(folder + "/pipe.yaml", 0o600) == 0)
            #expect(try settingsError { _ = try load("pipe.yaml", in: folder) }.code == .notReadable)
            #expect(try settingsError { _ = try load(".", in: folder) }.code == .notReadable)
        }
    }
}
