import CZlib
import Testing

@testable import Benchmarking

@Suite struct ZipWriterTests {
    /// An entry as the archive's bytes describe it, read independently of the project's own reader.
    private struct Entry {
        let name: String
        let start: Int
        let bytes: [UInt8]
        let headerChecksum: UInt32
        let directoryChecksum: UInt32
    }

    private static func entries(of file: [UInt8]) throws -> [Entry] {
        func word(_ offset: Int) -> Int { Int(file[offset]) | Int(file[offset + 1]) << 8 }
        func long(_ offset: Int) -> Int { word(offset) | word(offset + 2) << 16 }
        let end = file.count - 22
        try #require(end >= 0 && long(end) == 0x0605_4B50)
        #expect(word(end + 8) == word(end + 10))
        #expect(long(end + 16) + long(end + 12) == end)
        var entries: [Entry] = []
        var place = long(end + 16)
        for _ in 0..<word(end + 10) {
            try #require(long(place) == 0x0201_4B50)
            let header = long(place + 42)
            try #require(long(header) == 0x0403_4B50)
            // Flags, method, time, date, checksum and both sizes are said twice.
            #expect(Array(file[place + 8..<place + 28]) == Array(file[header + 6..<header + 26]))
            let nameLength = word(place + 28)
            let name = Array(file[place + 46..<place + 46 + nameLength])
            #expect(Array(file[header + 30..<header + 30 + nameLength]) == name)
            let start = header + 30 + nameLength + word(header + 28)
            entries.append(
                Entry(
                    name: String(decoding: name, as: UTF8.self), start: start,
                    bytes: Array(file[start..<start + long(place + 24)]), headerChecksum: UInt32(long(header + 14)),
                    directoryChecksum: UInt32(long(place + 16))))
            place += 46 + nameLength
        }
        #expect(place == end)
        return entries
    }

    @Test func alignsStoresAndChecksums() throws {
        let folder = try TemporaryFolder()
        // Names and contents of lengths that leave every kind of remainder.
        let contents = (0..<70).map { index in
            (
                name: "archive/data/" + String(repeating: "n", count: index),
                bytes: (0..<index * 7).map { UInt8($0 & 0xFF) }
            )
        }
        var zip = try ZipWriter(path: folder.path + "/a.zip")
        for (name, bytes) in contents { try zip.add(name, bytes) }
        try zip.finish()
        #expect(folder.names == ["a.zip"])

        let entries = try Self.entries(of: folder.bytes("a.zip"))
        #expect(entries.map(\.name) == contents.map(\.name))
        #expect(entries.map(\.bytes) == contents.map(\.bytes))
        for entry in entries {
            #expect(entry.start % 64 == 0, "\(entry.name)")
            let checksum = UInt32(crc32(0, entry.bytes, UInt32(entry.bytes.count)))
            #expect(entry.headerChecksum == checksum)
            #expect(entry.directoryChecksum == checksum)
        }
    }

    @Test func leavesNothingWhenGivenUp() throws {
        let folder = try TemporaryFolder()
        func giveUp() throws {
            var zip = try ZipWriter(path: folder.path + "/a.zip")
            try zip.add("archive/data.pkl", [1, 2, 3])
        }
        try giveUp()
        #expect(folder.names.isEmpty)
    }

    @Test func namesTheFileThatCannotBeWritten() throws {
        let error = #expect(throws: BenchmarkingError.self) {
            _ = try ZipWriter(path: "/nonexistent-folder/a.zip")
        }
        #expect(error?.code == .file)
        #expect(error?.message.contains("/nonexistent-folder/a.zip") == true)
    }
}
