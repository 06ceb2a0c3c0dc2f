import Glibc

/// Reading and replacing small text files, with errors that say what to do.
enum SettingsFile {
    /// Whether anything exists under the path, after symbolic links.
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// The absolute path of `path` in `folder`, with `.` and `..` still in it.
    static func absolute(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? path : folder + "/" + path
    }

    /// The folder that holds `path`; `.` for a bare name.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The process's working directory.
    static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "." }
        defer { free(path) }
        return String(cString: path)
    }

    /// Creates a folder and those above it where they are missing.
    static func createFolder(_ path: String, mode: mode_t = 0o777) throws(SettingsError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        if errno == ENOENT, path != "/", path != "." {
            try createFolder(folder(of: path), mode: mode)
            if mkdir(path, mode) == 0 || errno == EEXIST { return }
        }
        throw SettingsError(
            code: .notWritable, message: "the folder \(path) cannot be created", underlying: SystemError())
    }

    /// The bytes of a plain file.
    ///
    /// - Throws: ``SettingsError/Code/notFound``, or ``SettingsError/Code/notReadable`` for what is no plain file, is longer than
    ///   `limit` bytes or cannot be read.
    static func read(_ path: String, limit: Int) throws(SettingsError) -> [UInt8] {
        // Non-blocking, so that a FIFO in the file's place is an error and not a wait.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let reason = SystemError()
            throw SettingsError(
                code: reason.code == ENOENT || reason.code == ENOTDIR ? .notFound : .notReadable,
                message: "\(path) cannot be opened", underlying: reason)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SettingsError(code: .notReadable, message: "\(path) is not a plain file")
        }
        guard Int(status.st_size) <= limit else {
            throw SettingsError(
                code: .notReadable, message: "\(path) has \(status.st_size) bytes; at most \(limit) are read")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw SettingsError(code: .notReadable, message: "\(path) cannot be read", underlying: SystemError())
            }
            bytes += chunk[..<count]
        }
        throw SettingsError(code: .notReadable, message: "\(path) grew beyond \(limit) bytes while it was read")
    }

    /// Puts `text` in place of a file's content in one step, so that a reader or a crash never meets half of it.
    ///
    /// A symbolic link is followed, and permissions are kept. Where the name itself cannot be replaced, as with a single file
    /// that is mounted into a container, the content is written in place.
    static func replace(_ path: String, with text: String) throws(SettingsError) {
        let target = canonical(path) ?? path
        var status = stat()
        let mode = stat(target, &status) == 0 ? status.st_mode & 0o777 : 0o666
        let temporary = "\(target).\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        if descriptor >= 0 {
            defer { close(descriptor) }
            do throws(SettingsError) {
                try write(text, to: descriptor, path: target)
                guard fsync(descriptor) == 0 else { throw unwritable(target) }
            } catch {
                unlink(temporary)
                throw error
            }
            if rename(temporary, target) == 0 { return }
            let reason = SystemError()
            unlink(temporary)
            guard reason.code == EBUSY || reason.code == EXDEV else { throw unwritable(target, reason) }
        }
        let inPlace = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard inPlace >= 0 else { throw unwritable(target) }
        defer { close(inPlace) }
        try write(text, to: inPlace, path: target)
    }

    /// The path without symbolic links, `.` and `..`; nil where nothing exists under it.
    static func canonical(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func write(_ text: String, to descriptor: Int32, path: String) throws(SettingsError) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                throw unwritable(path)
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func unwritable(_ path: String, _ reason: SystemError = SystemError()) -> SettingsError {
        SettingsError(code: .notWritable, message: "\(path) cannot be written", underlying: reason)
    }
}
