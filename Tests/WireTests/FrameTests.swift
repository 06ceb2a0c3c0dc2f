import Testing
import Wire

@Suite("Frame")
struct FrameTests {
    private static let frame = Frame(
        header: FrameHeader(
            kind: .chunk, incarnation: 0x0102_0304_0506_0708, requestID: 0x1112_1314_1516_1718, sequence: 0x2122_2324),
        control: [0x7B, 0x7D], payload: [9, 8, 7])

    @Test("the bytes are those of the documented layout")
    func layout() throws {
        #expect(
            try Self.frame.encode() == [
                0x43, 0x48, 0x52, 0x53, 1, 1, 8, 0,
                8, 7, 6, 5, 4, 3, 2, 1,
                0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
                0x24, 0x23, 0x22, 0x21, 2, 0, 0, 0,
                3, 0, 0, 0, 0, 0, 0, 0,
                0, 0, 0, 0, 0, 0, 0, 0,
                0x7B, 0x7D, 9, 8, 7,
            ])
        #expect(try Frame.decode(try Self.frame.encode()) == Self.frame)
    }

    @Test("reserved bytes, flags and a newer minor version are accepted")
    func tolerated() throws {
        var bytes = try Self.frame.encode()
        bytes[5] = 9
        bytes[7] = 0xFF
        bytes[40] = 1
        let frame = try Frame.decode(bytes)
        #expect(frame.header.version == ProtocolVersion(major: 1, minor: 9))
        #expect(frame.header.flags == 0xFF)
        #expect(frame.payload == [9, 8, 7])
    }

    @Test("every damage has its own code")
    func damage() throws {
        let bytes = try Self.frame.encode()
        func code(_ bytes: [UInt8], limits: FrameLimits = .standard) -> WireError.Code? {
            do throws(WireError) {
                _ = try Frame.decode(bytes, limits: limits)
                return nil
            } catch {
                return error.code
            }
        }
        func changed(_ index: Int, _ value: UInt8) -> [UInt8] {
            var copy = bytes
            copy[index] = value
            return copy
        }
        for length in 0..<FrameHeader.length { #expect(code(Array(bytes.prefix(length))) == .notAFrame) }
        for length in FrameHeader.length..<bytes.count { #expect(code(Array(bytes.prefix(length))) == .lengthMismatch) }
        #expect(code(bytes + [0]) == .lengthMismatch)
        #expect(code(changed(0, 0)) == .notAFrame)
        #expect(code(changed(4, 2)) == .unsupportedVersion)
        #expect(code(changed(6, 0)) == .unknownKind)
        #expect(code(changed(6, 200)) == .unknownKind)
        #expect(code(changed(31, 0xFF)) == .tooLarge)
        #expect(code(changed(35, 0xFF)) == .tooLarge)
        #expect(code(bytes, limits: FrameLimits(control: 1, payload: 3)) == .tooLarge)
        #expect(code(bytes, limits: FrameLimits(control: 2, payload: 2)) == .tooLarge)
        #expect(code(bytes, limits: FrameLimits(control: 2, payload: 3)) == nil)
    }

    @Test("nothing above the limits is encoded")
    func encodeLimits() {
        #expect { try Self.frame.encode(limits: FrameLimits(control: 2, payload: 2)) } throws: {
            ($0 as? WireError)?.code == .tooLarge
        }
    }
}
