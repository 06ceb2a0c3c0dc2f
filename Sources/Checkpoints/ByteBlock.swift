#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Immutable bytes with one owner: a read-only mapping of a file, or memory of our own.
///
/// `@unchecked Sendable`: the bytes are written only inside the initializers, before the block is shared, and are
/// released only in `deinit`, when nobody shares it any more. A mapping is private and read-only.
final class ByteBlock: @unchecked Sendable {
    /// The bytes; valid as long as the block lives.
    let bytes: UnsafeRawBufferPointer
    private let isMapping: Bool

    /// Maps a regular file, whole.
    ///
    /// Whoever replaces a checkpoint should write a new file and rename it, as the Python tools do: a mapped file that
    /// is cut short in place takes its pages away from every reader.
    init(mappingFileAt path: String) throws(CheckpointError) {
        // Non-blocking, because opening a pipe that nobody writes would wait for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let reason = errno
            throw CheckpointError(
                reason == ENOENT || reason == ENOTDIR ? .fileNotFound : .notReadable,
                "cannot open the checkpoint: \(String(cString: strerror(reason)))"
            )
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw CheckpointError(.notReadable, "cannot stat the checkpoint: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError(.notRegularFile, "not a regular file, so not a checkpoint")
        }
        let count = Int(status.st_size)
        guard count > 0 else {
            throw CheckpointError(.emptyFile, "the file is empty; download or copy the checkpoint again")
        }
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw CheckpointError(
                .notReadable, "cannot map \(count) bytes: \(String(cString: strerror(errno)))",
                isRetriable: errno == ENOMEM || errno == EAGAIN)
        }
        bytes = UnsafeRawBufferPointer(start: address, count: count)
        isMapping = true
    }

    /// Allocates `count` bytes, aligned for every scalar type, and lets `fill` write them.
    init<Failure: Error>(
        count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
        do throws(Failure) {
            try fill(UnsafeMutableRawBufferPointer(rebasing: memory[0..<count]))
        } catch {
            memory.deallocate()
            throw error
        }
        bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[0..<count])
        isMapping = false
    }

    /// Copies bytes.
    convenience init(copying source: [UInt8]) {
        self.init(count: source.count) { target in target.copyBytes(from: source) }
    }

    /// Gives back the memory of what was read of a mapped file; it is read again when it is asked for.
    func releasePages() {
        guard isMapping, let address = bytes.baseAddress else { return }
        // The mapping is never written, so nothing is lost; where the system refuses, nothing is gained.
        _ = madvise(UnsafeMutableRawPointer(mutating: address), bytes.count, MADV_DONTNEED)
    }

    deinit {
        if isMapping, let address = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
        } else {
            bytes.baseAddress?.deallocate()
        }
    }
}
