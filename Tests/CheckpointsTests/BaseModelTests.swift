import Foundation
import Testing

@testable import Checkpoints

@Suite struct BaseModelTests {
    /// A folder laid out as a user's, removed afterwards.
    private func withFolder(_ files: [String], _ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "chorus-base-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }
        for file in files {
            let url = root.appending(path: file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data([1]).write(to: url)
        }
        try body(root.path)
    }

    @Test(arguments: [
        (ModelVersion.v3, "GPT_SoVITS/pretrained_models/s2Gv3.pth"),
        (.v4, "GPT_SoVITS/pretrained_models/gsv-v4-pretrained/s2Gv4.pth"),
        (.v3, "pretrained_models/s2Gv3.pth"),
    ])
    func isFoundAboveTheAdapter(_ version: ModelVersion, _ file: String) throws {
        try withFolder([file]) { root in
            let found = try BaseModel.locate(for: version, adapterPath: "\(root)/SoVITS_weights/voice.pth")
            #expect(found == "\(root)/\(file)")
        }
    }

    @Test func foldersComeBeforeAncestorsAndTheConfigurationBeforeAll() throws {
        try withFolder(["a/s2Gv3.pth", "b/pretrained_models/s2Gv3.pth", "mine.pth"]) { root in
            func locate(_ configured: String? = nil, _ folders: [String] = []) throws -> String {
                let found = try BaseModel.locate(
                    for: .v3, adapterPath: "\(root)/a/voice.pth", configured: configured.map { "\(root)/\($0)" },
                    folders: folders.map { "\(root)/\($0)" })
                return String(found.dropFirst(root.count + 1))
            }
            let found = try [locate(), locate(nil, ["none", "b"]), locate("mine.pth", ["b"])]
            #expect(found == ["a/s2Gv3.pth", "b/pretrained_models/s2Gv3.pth", "mine.pth"])
        }
    }

    @Test func whatIsMissingIsNamedWithThePlaces() throws {
        try withFolder(["GPT_SoVITS/pretrained_models/s2Gv3.pth"]) { root in
            let adapter = "\(root)/weights/voice.pth"
            let error = #expect(throws: CheckpointError.self) { try BaseModel.locate(for: .v4, adapterPath: adapter) }
            #expect(error?.code == .missingBase)
            for part in [
                adapter, "gsv-v4-pretrained/s2Gv4.pth", "\(root)/GPT_SoVITS/pretrained_models/gsv-v4-pretrained",
            ] {
                #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
            }
            // A base that the user named is not replaced by another.
            let named = #expect(throws: CheckpointError.self) {
                try BaseModel.locate(for: .v3, adapterPath: adapter, configured: "\(root)/gone.pth")
            }
            #expect(named?.code == .missingBase)
            #expect(named?.message.contains("gone.pth") == true)
        }
    }

    @Test func aFolderIsNoBaseAndOtherVersionsHaveNone() throws {
        try withFolder(["s2Gv3.pth/inside"]) { root in
            #expect(
                Fixtures.code { _ = try BaseModel.locate(for: .v3, adapterPath: "\(root)/voice.pth") } == .missingBase)
        }
        #expect(Fixtures.code { _ = try BaseModel.locate(for: .v2, adapterPath: "voice.pth") } == .versionContradiction)
    }
}
