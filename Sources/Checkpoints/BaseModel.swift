#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the whole model lies that LoRA factors are merged onto.
public enum BaseModel {
    /// Folders above a LoRA file that are looked into: GPT-SoVITS keeps users' files one folder below its own.
    private static let searchedAncestors = 4

    /// The published base of a version below GPT-SoVITS's `pretrained_models`; nil for a version that has no LoRA.
    public static func fileName(of version: ModelVersion) -> String? {
        switch version {
        case .v3: "s2Gv3.pth"
        case .v4: "gsv-v4-pretrained/s2Gv4.pth"
        default: nil
        }
    }

    /// Finds the base of a LoRA file.
    ///
    /// - Parameters:
    ///   - version: the version that the factors are for.
    ///   - adapterPath: the LoRA file.
    ///   - configured: the base that the user named, which is then the only place.
    ///   - folders: `pretrained_models` folders, or folders that have one or a `GPT_SoVITS` with one; looked into first, in
    ///     order. Then follow the LoRA file's own folder and those above it.
    /// - Returns: a path at which there is a file.
    /// - Throws: `missingBase`, naming the file that is needed and the places where it is not.
    public static func locate(
        for version: ModelVersion, adapterPath: String, configured: String? = nil, folders: [String] = []
    ) throws(CheckpointError) -> String {
        func missing(_ needed: String, _ places: [String]) -> CheckpointError {
            CheckpointError(
                .missingBase,
                "\(adapterPath): it holds LoRA factors for \(version.rawValue), which are merged onto \(needed); there is no "
                    + "such file at \(places.joined(separator: ", "))")
        }
        if let configured {
            guard isFile(configured) else { throw missing("the base that the configuration names", [configured]) }
            return configured
        }
        guard let name = fileName(of: version) else {
            throw CheckpointError(
                .versionContradiction, "\(adapterPath): there are no LoRA factors for \(version.rawValue)")
        }
        var candidates: [String] = []
        func add(_ folder: String) {
            for inner in ["", "pretrained_models/", "GPT_SoVITS/pretrained_models/"] {
                let path = (folder.hasSuffix("/") ? folder : folder + "/") + inner + name
                if !candidates.contains(path) { candidates.append(path) }
            }
        }
        folders.forEach(add)
        var ancestor = folder(of: adapterPath)
        for _ in 0...searchedAncestors {
            add(ancestor)
            let above = folder(of: ancestor)
            guard above != ancestor else { break }
            ancestor = above
        }
        guard let found = candidates.first(where: isFile) else { throw missing(name, candidates) }
        return found
    }

    /// The folder that a path lies in, as far as the path tells.
    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
