import Foundation

/// Where test data lies, found from this source file so that tests run from any working directory.
public enum Fixtures {
    /// The root folder of the package.
    public static let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The data in the repository: `Tests/Fixtures`.
    public static let folder = repository.appendingPathComponent("Tests/Fixtures", isDirectory: true)

    /// The full set of reference data beside the repository, `../shared/goldens`; nil where there is none.
    public static let sharedGoldens: URL? = existing(
        repository.deletingLastPathComponent().appendingPathComponent("shared/goldens", isDirectory: true))

    /// The sets of model goldens to run over: the copy in the repository and the full set where it is present.
    ///
    /// - Parameter name: The folder of the copy under ``folder``; it is laid out as the full set is.
    public static func modelGoldens(bundled name: String) -> [GoldenSet] {
        let bundled = GoldenSet(name: "bundled", root: folder.appendingPathComponent(name, isDirectory: true))
        guard let models = sharedGoldens.flatMap({ existing($0.appendingPathComponent("models", isDirectory: true)) })
        else { return [bundled] }
        return [bundled, GoldenSet(name: "shared", root: models)]
    }

    private static func existing(_ url: URL) -> URL? {
        FileManager.default.fileExists(atPath: url.path) ? url : nil
    }
}

/// One folder of model goldens: `golden/*.safetensors`, `golden/manifest.json`, `golden/noise.json`, `fixtures/…`.
public struct GoldenSet: Sendable, CustomStringConvertible {
    /// How test reports call the set.
    public let name: String
    /// The folder.
    public let root: URL

    /// The name, for test reports.
    public var description: String { name }

    /// A file of the set by its path under the root, such as `fixtures/ref_audio/main_44k_stereo.wav`.
    public func url(_ path: String) -> URL {
        root.appendingPathComponent(path)
    }

    /// The tensors of one stage, such as `audio`.
    public func stage(_ name: String) throws -> Golden {
        try Golden(
            contentsOf: url("golden/\(name).safetensors"),
            tolerances: GoldenTolerances(noise: url("golden/noise.json"), stage: name))
    }

    /// The arguments of one stage from the manifest.
    public func manifest<Arguments: Decodable>(_ stage: String, as type: Arguments.Type) throws -> Arguments {
        let all = try JSONSerialization.jsonObject(with: Data(contentsOf: url("golden/manifest.json")))
        guard let entry = (all as? [String: Any])?[stage] else {
            throw GoldenError("\(name): manifest.json has no entry \(stage)")
        }
        return try JSONDecoder().decode(type, from: JSONSerialization.data(withJSONObject: entry))
    }
}
