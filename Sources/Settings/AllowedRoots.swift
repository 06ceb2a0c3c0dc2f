import Glibc

/// The folders under which a request may name weights and reference audio.
///
/// A path is judged by the file that it reaches, not by its spelling: it is opened without being read (`O_PATH`), the kernel
/// tells the open file's real path, and that path has to lie under a root. `..` and symbolic links are therefore fine as long as
/// they stay inside. The type is checked on the same open file, and opening so neither waits on a FIFO nor touches a device.
///
/// The answer is a path free of symbolic links. Between this check and the moment at which another process opens it, someone
/// who may write inside a root can still put a link in the place of a folder. Roots should therefore be writable only for
/// those who are trusted with all that the server's user can read; who opens a file on behalf of a request calls
/// ``resolve(_:expecting:)`` right before, so that the window is as short as it can be.
public struct AllowedRoots: Sendable {
    /// What a path has to lead to.
    public enum Kind: Sendable {
        case file, folder

        fileprivate var name: String { self == .file ? "file" : "folder" }
        fileprivate var mode: mode_t { self == .file ? S_IFREG : S_IFDIR }
    }

    /// The roots, absolute and without symbolic links.
    public let roots: [String]
    private let workingDirectory: String

    /// Takes folders as roots.
    ///
    /// - Parameters:
    ///   - folders: The roots; relative ones begin in the working directory.
    ///   - workingDirectory: Where relative paths begin; nil is the process's own.
    /// - Throws: ``SettingsError/Code/notFound`` for a root that is no folder.
    public init(_ folders: [String], workingDirectory: String? = nil) throws(SettingsError) {
        let base = workingDirectory ?? SettingsFile.workingDirectory
        var found: [String] = []
        for folder in folders {
            let path = SettingsFile.absolute(folder, in: base)
            guard let real = SettingsFile.canonical(path), Self.kind(of: real) == S_IFDIR else {
                throw SettingsError(
                    code: .notFound, message: "the allowed root \(folder) is no folder; correct or remove it")
            }
            if !found.contains(real) { found.append(real) }
        }
        self.roots = found
        self.workingDirectory = base
    }

    /// The real path of the file or folder that a request names.
    ///
    /// A relative path is tried from the working directory, then from each root in order.
    ///
    /// - Parameters:
    ///   - path: The path as the request has it.
    ///   - kind: What it has to lead to.
    /// - Returns: The absolute path without symbolic links.
    /// - Throws: ``SettingsError/Code/forbidden`` for what lies outside the roots or is a device, a FIFO, a socket or the wrong
    ///   kind; ``SettingsError/Code/notFound`` for what does not exist within them. What does not exist outside of them is
    ///   forbidden too, so that an answer tells nothing about files out there.
    public func resolve(_ path: String, expecting kind: Kind = .file) throws(SettingsError) -> String {
        guard !path.isEmpty else { throw SettingsError(code: .notFound, message: "the path is empty") }
        guard !path.utf8.contains(0) else {
            throw SettingsError(code: .forbidden, message: "a path must not contain a zero byte")
        }
        if path.hasPrefix("/") { return try judge(path, named: path, expecting: kind) }
        var verdict = SettingsError(code: .notFound, message: Self.missing(path))
        for base in [workingDirectory] + roots {
            do throws(SettingsError) {
                return try judge(base + "/" + path, named: path, expecting: kind)
            } catch {
                // A path that exists outside is worth reporting; one that is merely absent beside the roots is not,
                // unless it climbs.
                let climbs = path.split(separator: "/").contains("..")
                let isPresent = SettingsFile.exists(base + "/" + path)
                if error.code == .forbidden, climbs || isPresent { verdict = error }
            }
        }
        throw verdict
    }

    // MARK: - Judging one absolute path

    /// `O_PATH` of `<fcntl.h>`, which Glibc's module leaves out because it needs `_GNU_SOURCE`. The value is that of
    /// `asm-generic/fcntl.h`, which x86-64 and arm64 share.
    private static let pathOnly: Int32 = 0o10_000_000

    private func judge(_ path: String, named name: String, expecting kind: Kind) throws(SettingsError) -> String {
        let descriptor = open(path, Self.pathOnly | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = SystemError()
            let isAbsent = reason.code == ENOENT || reason.code == ENOTDIR || reason.code == ENAMETOOLONG
            guard isAbsent, missesInside(path) else { throw outside(name) }
            throw SettingsError(code: .notFound, message: Self.missing(name))
        }
        defer { close(descriptor) }
        guard let real = Self.realPath(of: descriptor), contains(real) else { throw outside(name) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_nlink > 0, status.st_mode & S_IFMT == kind.mode else {
            throw SettingsError(code: .forbidden, message: "\(name) is not a plain \(kind.name)")
        }
        return real
    }

    /// Whether a path that leads nowhere would lie in a root: its deepest existing folder does, and the rest does not climb.
    private func missesInside(_ path: String) -> Bool {
        var components = path.split(separator: "/", omittingEmptySubsequences: true)
        while let last = components.popLast() {
            if last == ".." { return false }
            let descriptor = open("/" + components.joined(separator: "/"), Self.pathOnly | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            return Self.realPath(of: descriptor).map(contains) ?? false
        }
        return false
    }

    private func contains(_ real: String) -> Bool {
        roots.contains { root in
            let prefix = root == "/" ? root : root + "/"
            return real == root || real.utf8.starts(with: prefix.utf8)
        }
    }

    /// The path that the kernel has for an open file; nil for one that is not in the file system.
    private static func realPath(of descriptor: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            let characters = bytes.bindMemory(to: CChar.self)
            return characters.baseAddress.map { readlink("/proc/self/fd/\(descriptor)", $0, characters.count) } ?? -1
        }
        // `String(validating:)` refuses names that are not UTF-8: decoding them with repair would name another file.
        guard count > 0, count < buffer.count, let path = String(validating: buffer[..<count], as: UTF8.self) else {
            return nil
        }
        return path.hasPrefix("/") ? path : nil
    }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    private func outside(_ name: String) -> SettingsError {
        SettingsError(
            code: .forbidden,
            message: "\(name) is outside the folders that this server may read; add its folder to allowed_roots")
    }

    private static func missing(_ name: String) -> String { "\(name) does not exist" }
}
