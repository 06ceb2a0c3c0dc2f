import Foundation
import TestSupport
import Testing
import Wire

/// Mutates good frames and reads them. `CHORUS_FUZZ_ITERATIONS` sets how many; the seed is fixed, so that a failure can
/// be repeated.
@Suite("Frame fuzzing")
struct FrameFuzzTests {
    @Test("mutated frames are read or refused, in bounded memory")
    func mutate() throws {
        let iterations = ProcessInfo.processInfo.environment["CHORUS_FUZZ_ITERATIONS"].flatMap(Int.init) ?? 3000
        var random = SplitMix64(seed: 0x5EED)
        let corpus = try Samples.messages.map { message in
            try message.frame(incarnation: 1, requestID: message.kind.belongsToRequest ? 1 : 0).encode()
        }
        let idle = residentBytes()
        var peak = idle
        var read = 0
        var refused: [WireError.Code: Int] = [:]
        for iteration in 0..<iterations {
            let bytes = Self.mutation(of: corpus[random.below(corpus.count)], with: &random)
            do throws(WireError) {
                let frame = try Frame.decode(bytes)
                let message = try Message(frame: frame)
                read += 1
                // What could be read can be written and read again.
                let again = try message.frame(incarnation: frame.header.incarnation, requestID: frame.header.requestID)
                #expect(try Message(frame: try Frame.decode(try again.encode())) == message)
            } catch {
                refused[error.code, default: 0] += 1
            }
            if iteration.isMultiple(of: 500) { peak = max(peak, residentBytes()) }
        }
        #expect(read > 0 && read < iterations)
        #expect(refused.count >= 4)
        #expect(peak < idle + 256 << 20)
    }

    private static let alphabet = Array("{}[]\":,-0123456789eE.tfn\\u".utf8)

    private static func mutation(of frame: [UInt8], with random: inout SplitMix64) -> [UInt8] {
        var bytes = frame
        for _ in 0...random.below(4) {
            guard !bytes.isEmpty else { return bytes }
            let index = random.below(bytes.count)
            switch random.below(8) {
            case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes[index] ^= 1 << UInt8(random.below(8))
            case 2: bytes.removeLast(random.below(bytes.count))
            case 3: bytes.insert(contentsOf: (0..<random.below(20)).map { _ in UInt8(ascii: "[") }, at: index)
            case 4: bytes.removeSubrange(index..<min(bytes.count, index + 1 + random.below(8)))
            case 5: bytes.swapAt(index, random.below(bytes.count))
            case 6: if bytes.count > FrameHeader.length { bytes[random.below(FrameHeader.length)] = 0xFF }
            // Leaves the lengths right, so that the JSON behind them is reached.
            default:
                let control = Array(bytes.dropFirst(FrameHeader.length).prefix(400))
                guard let place = control.indices.randomElement(using: &random) else { continue }
                bytes[FrameHeader.length + place] = alphabet[random.below(alphabet.count)]
            }
        }
        return bytes
    }

    private func residentBytes() -> Int {
        let statm = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = statm.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}

extension SplitMix64 {
    fileprivate mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
