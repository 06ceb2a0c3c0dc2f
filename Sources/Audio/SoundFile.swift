import CSndFile
import Glibc
import Synchronization

/// Bytes that libsndfile reads through its virtual I/O. Valid only while the buffer behind it is.
final class MemorySource {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }
}

/// Bytes that libsndfile writes through its virtual I/O.
///
/// It goes back to complete headers. What was handed out by then stays as it was: codecs write headers that are valid
/// without being completed, for just that case.
final class MemorySink {
    /// What was written and not handed out yet.
    private(set) var bytes: [UInt8] = []
    /// How many bytes were handed out.
    private var drained = 0
    /// Where the next byte is written.
    var position = 0

    /// The length of all that was written.
    var length: Int { drained + bytes.count }

    /// Hands out what was written since the last time.
    func drain() -> [UInt8] {
        defer {
            drained += bytes.count
            bytes = []
        }
        return bytes
    }

    func write(_ new: UnsafeRawBufferPointer) {
        // A write never leaves a hole: positions are kept inside of what was written.
        let lost = min(new.count, max(0, drained - position))
        let start = position + lost - drained
        let overlap = min(new.count - lost, bytes.count - start)
        if overlap > 0 {
            bytes.replaceSubrange(start..<start + overlap, with: new[lost..<lost + overlap])
        }
        bytes.append(contentsOf: new.dropFirst(lost + max(0, overlap)))
        position += new.count
    }

    /// Copies bytes from the position on.
    ///
    /// - Returns: how many; none of those that were handed out.
    func read(into destination: UnsafeMutableRawPointer, count: Int) -> Int {
        let available = min(count, length - position)
        guard available > 0, position >= drained else { return 0 }
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            destination.copyMemory(from: base + (position - drained), byteCount: available)
        }
        position += available
        return available
    }
}

/// Opens libsndfile handles over memory.
enum SoundFile {
    /// libsndfile keeps the reason of a failed open in a global; the lock pairs the two calls.
    private static let openLock = Mutex(())

    /// Opens a recording. The caller closes the handle before `source` goes away.
    static func openForReading(_ source: MemorySource, info: inout SF_INFO, name: String) throws -> OpaquePointer {
        var callbacks = SF_VIRTUAL_IO(
            get_filelen: { sf_count_t(SoundFile.source($0)?.bytes.count ?? 0) },
            seek: { offset, whence, context in
                guard let source = SoundFile.source(context) else { return -1 }
                source.position = SoundFile.seek(
                    offset, whence, position: source.position, length: source.bytes.count)
                return sf_count_t(source.position)
            },
            read: { destination, count, context in
                guard let source = SoundFile.source(context), let destination, count > 0 else { return 0 }
                let available = min(Int(count), source.bytes.count - source.position)
                guard available > 0, let base = source.bytes.baseAddress else { return 0 }
                destination.copyMemory(from: base + source.position, byteCount: available)
                source.position += available
                return sf_count_t(available)
            },
            write: { _, _, _ in 0 },
            tell: { sf_count_t(SoundFile.source($0)?.position ?? 0) })
        let context = Unmanaged.passUnretained(source).toOpaque()
        let (handle, reason) = open(&callbacks, mode: SFM_READ, info: &info, context: context)
        guard let handle else {
            throw AudioError(
                .unsupportedFormat,
                "\(name) is not audio that can be read (\(reason)); WAV, FLAC, Ogg, MP3, AIFF and other formats are")
        }
        return handle
    }

    /// Opens an encoder. The caller closes the handle, which completes the bytes, before `sink` goes away.
    static func openForWriting(_ sink: MemorySink, info: inout SF_INFO) throws -> OpaquePointer {
        var callbacks = SF_VIRTUAL_IO(
            get_filelen: { sf_count_t(SoundFile.sink($0)?.length ?? 0) },
            seek: { offset, whence, context in
                guard let sink = SoundFile.sink(context) else { return -1 }
                sink.position = SoundFile.seek(offset, whence, position: sink.position, length: sink.length)
                return sf_count_t(sink.position)
            },
            read: { destination, count, context in
                guard let sink = SoundFile.sink(context), let destination, count > 0 else { return 0 }
                return sf_count_t(sink.read(into: destination, count: Int(count)))
            },
            write: { samples, count, context in
                guard let sink = SoundFile.sink(context), let samples, count > 0 else { return 0 }
                sink.write(UnsafeRawBufferPointer(start: samples, count: Int(count)))
                return count
            },
            tell: { sf_count_t(SoundFile.sink($0)?.position ?? 0) })
        let context = Unmanaged.passUnretained(sink).toOpaque()
        let asked = info
        let (handle, reason) = open(&callbacks, mode: SFM_WRITE, info: &info, context: context)
        guard let handle else {
            throw AudioError(
                .encoding, "cannot encode \(asked.channels) channel at \(asked.samplerate) Hz: \(reason)")
        }
        return handle
    }

    private static func open(
        _ callbacks: inout SF_VIRTUAL_IO, mode: Int, info: inout SF_INFO, context: UnsafeMutableRawPointer
    ) -> (handle: OpaquePointer?, reason: String) {
        // The address crosses the lock as a number: it belongs to this call alone.
        let (address, reason) = openLock.withLock { _ in
            let handle = sf_open_virtual(&callbacks, CInt(mode), &info, context)
            return (UInt(bitPattern: handle), handle == nil ? String(cString: sf_strerror(nil)) : "")
        }
        return (OpaquePointer(bitPattern: address), reason)
    }

    private static func source(_ context: UnsafeMutableRawPointer?) -> MemorySource? {
        context.map { Unmanaged<MemorySource>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func sink(_ context: UnsafeMutableRawPointer?) -> MemorySink? {
        context.map { Unmanaged<MemorySink>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The new position, kept inside the file: offsets come out of untrusted headers.
    private static func seek(_ offset: sf_count_t, _ whence: CInt, position: Int, length: Int) -> Int {
        let origin = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position : length
        let (target, overflow) = origin.addingReportingOverflow(Int(offset))
        return overflow ? (offset < 0 ? 0 : length) : min(max(0, target), length)
    }
}
