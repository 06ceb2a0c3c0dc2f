import Glibc

/// The file of a Unix socket, before it is bound.
///
/// libzmq removes whatever it finds at the path. So it is looked at first: a live router or a file that is no socket
/// stays, a socket that nobody serves any longer (its process was killed) may go.
struct UnixSocketFile {
    let path: String

    func prepareForBind() throws(MessagingError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return try requireFolder() }
            throw MessagingError(
                .badEndpoint, "cannot look at \(path): \(String(cString: strerror(errno)))", errorNumber: errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw MessagingError(.badEndpoint, "\(path) exists and is no socket; remove it or choose another path")
        }
        guard !isServed() else {
            throw MessagingError(
                .addressInUse, "another process listens at \(path); stop it or choose another path",
                errorNumber: EADDRINUSE)
        }
    }

    /// Removes the file of a socket that nobody listens at any longer; anything else stays.
    func removeUnlessServed() {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, !isServed() else { return }
        unlink(path)
    }

    private func requireFolder() throws(MessagingError) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        let folder = String(path[..<slash])
        guard access(folder, W_OK | X_OK) == 0 else {
            throw MessagingError(
                .badEndpoint,
                "the folder \(folder) of the socket cannot be written to: \(String(cString: strerror(errno)))",
                errorNumber: errno)
        }
    }

    private func isServed() -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { buffer in
            guard path.utf8.count < buffer.count else { return false }
            buffer.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { return false }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
                connect(descriptor, rebound, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
