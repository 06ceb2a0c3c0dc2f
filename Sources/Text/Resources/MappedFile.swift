import Foundation

/// A file mapped read-only into memory.
///
/// `@unchecked Sendable`: the mapping is never written and lives exactly as long as the object. The set-up script replaces
/// files by renaming, so that a mapped one never shrinks.
final class MappedFile: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    init(path: String) throws(TextError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = errno
            guard reason == ENOENT || reason == ENOTDIR else {
                throw TextError(.resourceMissing, "cannot open \(path): \(String(cString: strerror(reason)))")
            }
            throw TextError(
                .resourceMissing, "the text data file \(path) is missing; run cluster/setup, which makes it")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            throw TextError(.resourceDamaged, "\(path) is empty or no regular file; run cluster/setup to make it anew")
        }
        let size = Int(status.st_size)
        guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), address != MAP_FAILED else {
            throw TextError(
                .resourceDamaged, "cannot map \(path): \(String(cString: strerror(errno)))", isRetriable: true)
        }
        bytes = UnsafeRawBufferPointer(start: address, count: size)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
}
