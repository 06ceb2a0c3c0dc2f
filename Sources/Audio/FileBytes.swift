import Glibc

/// Reads whole files, bounded, and nothing but regular files.
public enum FileBytes {
    /// Returns the bytes of a regular file.
    ///
    /// The file is opened without blocking, so that a pipe given for a recording cannot stall the caller.
    ///
    /// - Throws: ``AudioError``: `unreadable`, `notRegularFile`, `tooLarge`.
    public static func read(path: String, maximumBytes: Int) throws -> [UInt8] {
        guard !path.utf8.contains(0) else {
            throw AudioError(.unreadable, "the path \(path.debugDescription) holds a zero byte")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw failure("cannot open \(path)", errno)
        }
        defer { _ = close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw failure("cannot examine \(path)", errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw AudioError(.notRegularFile, "\(path) is not a regular file; give the path of a recording")
        }
        guard status.st_size <= maximumBytes else {
            throw AudioError(.tooLarge, "\(path) has \(status.st_size) bytes, more than the \(maximumBytes) allowed")
        }
        let size = Int(status.st_size)
        var failed: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = 0
            guard let base = buffer.baseAddress else { return }
            while count < size {
                let got = Glibc.read(descriptor, base + count, size - count)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failed = errno }
                guard got > 0 else { break }
                count += got
            }
        }
        guard failed == 0 else {
            throw failure("cannot read \(path)", failed)
        }
        return bytes
    }

    private static func failure(_ what: String, _ code: CInt) -> AudioError {
        let busy = [EINTR, EAGAIN, EMFILE, ENFILE, ENOMEM, EIO].contains(code)
        return AudioError(.unreadable, "\(what): \(String(cString: strerror(code)))", isRetriable: busy)
    }
}
