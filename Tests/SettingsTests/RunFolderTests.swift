import Foundation
import Testing

@testable import Settings

@Suite struct RunFolderTests {
    @Test func theFolderIsItsOwnersAlone() throws {
        try withFolder { folder throws in
            try RunFolder.prepare(folder + "/home/run")
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/home/run")
            #expect(attributes[.posixPermissions] as? Int == 0o700)
            try RunFolder.prepare(folder + "/home/run")
        }
    }

    @Test func foldersThatOthersControlAreRefused() throws {
        try withFolder { folder throws in
            try FileManager.default.createDirectory(atPath: folder + "/open", withIntermediateDirectories: true)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder + "/open")
            try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "/var")
            try write("", to: folder + "/file")
            for name in ["open", "link", "file"] {
                #expect(try settingsError { try RunFolder.prepare(folder + "/" + name) }.code == .forbidden, "\(name)")
            }
            #expect(try settingsError { try RunFolder.prepare(folder + "/file/run") }.code == .notWritable)
        }
    }
}

@Suite struct CurveKeyFileTests {
    private let key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

    @Test func keysAreReadWithoutComments() throws {
        try withFolder { folder throws in
            try write("# the workers\n\n  \(key)  \n\(key)\n#\n", to: folder + "/keys")
            #expect(try CurveKeyFile.keys(at: folder + "/keys") == [key, key])
            try write(key, to: folder + "/key")
            #expect(try CurveKeyFile.key(at: folder + "/key") == key)
        }
    }

    @Test func whatIsNoKeyIsNamedByItsLine() throws {
        try withFolder { folder throws in
            try write("\(key)\n\(key.dropLast())\n", to: folder + "/keys")
            #expect(try settingsError { _ = try CurveKeyFile.keys(at: folder + "/keys") }.message.contains("keys:2:"))
            try write(String(repeating: "\"", count: 40), to: folder + "/quotes")
            #expect(try settingsError { _ = try CurveKeyFile.keys(at: folder + "/quotes") }.code == .invalidValue)
            try write("", to: folder + "/empty")
            #expect(
                try settingsError { _ = try CurveKeyFile.key(at: folder + "/empty") }.message.contains("it holds 0"))
            #expect(try settingsError { _ = try CurveKeyFile.key(at: folder + "/none") }.code == .notFound)
        }
    }
}
