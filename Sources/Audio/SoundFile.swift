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

/// Bytes that libsndfile writes through its virtual I/O; it goes back to complete headers.
final class MemorySink {
    var bytes: [UInt8] = []
    var position = 0
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
            get_filelen: { sf_count_t(SoundFile.sink($0)?.bytes.count ?? 0) },
            seek: { offset, whence, context in
                guard let sink = SoundFile.sink(context) else { return -1 }
                sink.position = SoundFile.seek(offset, whence, position: sink.position, length: sink.bytes.count)
                return sf_count_t(sink.position)
            },
            read: { destination, count, context in
                guard let sink = SoundFile.sink(context), let destination, count > 0 else { return 0 }
                let available = min(Int(count), sink.bytes.count - sink.position)
                guard available > 0 else { return 0 }
                sink.bytes.withUnsafeBytes { bytes in
                    guard let base = bytes.baseAddress else { return }
                    destination.copyMemory(from: base + sink.position, byteCount: available)
                }
                sink.position += available
                return sf_count_t(available)
            },
            write: { samples, count, context in
                guard let sink = SoundFile.sink(context), let samples, count > 0 else { return 0 }
                let new = UnsafeRawBufferPointer(start: samples, count: Int(count))
                let overlap = min(new.count, sink.bytes.count - sink.position)
                if overlap > 0 {
                    sink.bytes.replaceSubrange(sink.position..<sink.position + overlap, with: new.prefix(overlap))
                }
                sink.bytes.append(contentsOf: new.dropFirst(max(0, overlap)))
                sink.position += new.count
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
