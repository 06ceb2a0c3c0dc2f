import Foundation
import Testing

@testable import Settings

@Suite struct AllowedRootsTests {
    /// `models` and `audio` are roots; `outside`, `secret.txt` and `models-private` are not.
    private func withTree(_ body: (String, AllowedRoots) throws -> Void) throws {
        try withFolder { folder throws in
            for file in [
                "models/a.ckpt", "models/deep/b.pth", "audio/c.wav", "outside/d.wav", "models-private/e.ckpt",
                "secret.txt",
            ] {
                try write(file, to: folder + "/" + file)
            }
            try body(folder, AllowedRoots(["models", folder + "/audio"], workingDirectory: folder))
        }
    }

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    private func code(_ roots: AllowedRoots, _ path: String, _ kind: AllowedRoots.Kind = .file) throws
        -> SettingsError.Code
    {
        try settingsError { _ = try roots.resolve(path, expecting: kind) }.code
    }

    @Test func pathsInsideResolve() throws {
        try withTree { folder, roots throws in
            #expect(try roots.resolve(folder + "/models/a.ckpt") == folder + "/models/a.ckpt")
            #expect(try roots.resolve(folder + "/models/./deep/../deep//b.pth") == folder + "/models/deep/b.pth")
            #expect(try roots.resolve(folder + "/outside/../audio/c.wav") == folder + "/audio/c.wav")
            #expect(try roots.resolve("models/a.ckpt") == folder + "/models/a.ckpt", "from the working directory")
            #expect(try roots.resolve("deep/b.pth") == folder + "/models/deep/b.pth", "from a root")
            #expect(try roots.resolve("c.wav") == folder + "/audio/c.wav", "from the second root")
            #expect(try roots.resolve("models/deep", expecting: .folder) == folder + "/models/deep")
            #expect(try roots.resolve(folder + "/models", expecting: .folder) == folder + "/models")
        }
    }

    @Test func pathsOutsideAreForbidden() throws {
        try withTree { folder, roots throws in
            for path in [
                folder + "/outside/d.wav", folder + "/models/../secret.txt", folder + "/models/../../../../etc/passwd",
                "/etc/passwd",
                "models/../secret.txt", "../../../../../../../../etc/passwd", "secret.txt",
                folder + "/models-private/e.ckpt", "/", ".",
                "/proc/self/environ", "/dev/stdin",
            ] {
                #expect(try code(roots, path) == .forbidden, "\(path)")
            }
        }
    }

    @Test func absenceIsToldInsideOnly() throws {
        try withTree { folder, roots throws in
            for path in [folder + "/models/none.ckpt", "none.wav", "deep/none/x", folder + "/models/a.ckpt/x", ""] {
                #expect(try code(roots, path) == .notFound, "\(path)")
            }
            for path in [
                folder + "/outside/none", "/nowhere/at/all", folder + "/models/none/../../secret", "../none/x",
                folder + "/models-private/none",
            ] {
                #expect(try code(roots, path) == .forbidden, "\(path)")
            }
            #expect(try code(roots, String(repeating: "x", count: 5_000)) == .notFound)
        }
    }

    @Test func linksAreJudgedByWhereTheyLead() throws {
        try withTree { folder, roots throws in
            try link(folder + "/models/inside.ckpt", to: "deep/b.pth")
            try link(folder + "/models/across.wav", to: folder + "/audio/c.wav")
            try link(folder + "/models/leaves.txt", to: "../secret.txt")
            try link(folder + "/models/leaving-folder", to: "../outside")
            try link(folder + "/models/dangling", to: "nothing")
            try link(folder + "/models/loop", to: "loop")
            try link(folder + "/models/chain", to: "leaves.txt")
            try link(folder + "/entrance", to: "models")
            #expect(try roots.resolve("inside.ckpt") == folder + "/models/deep/b.pth")
            #expect(try roots.resolve("across.wav") == folder + "/audio/c.wav")
            #expect(try roots.resolve(folder + "/entrance/a.ckpt") == folder + "/models/a.ckpt")
            #expect(try code(roots, "leaves.txt") == .forbidden)
            #expect(try code(roots, folder + "/models/leaving-folder/d.wav") == .forbidden)
            #expect(try code(roots, folder + "/models/leaving-folder", .folder) == .forbidden)
            #expect(try code(roots, folder + "/models/loop") == .forbidden)
            #expect(try code(roots, folder + "/models/chain") == .forbidden)
            #expect(try code(roots, folder + "/models/dangling") == .notFound)
        }
    }

    @Test func rootsMayBeLinksThemselves() throws {
        try withTree { folder, _ throws in
            try link(folder + "/entrance", to: "models")
            let roots = try AllowedRoots(["entrance", "models"], workingDirectory: folder)
            #expect(roots.roots == [folder + "/models"])
            #expect(try roots.resolve("entrance/a.ckpt") == folder + "/models/a.ckpt")
        }
    }

    @Test func specialFilesAndWrongKindsAreForbidden() throws {
        try withTree { folder, roots throws in
            #expect(mkfifo(folder + "/audio/pipe.wav", 0o600) == 0)
            try link(folder + "/audio/null.wav", to: "/dev/null")
            #expect(try code(roots, "pipe.wav") == .forbidden)
            #expect(try code(roots, "null.wav") == .forbidden)
            #expect(try code(roots, folder + "/models") == .forbidden)
            #expect(try code(roots, "deep") == .forbidden)
            #expect(try code(roots, "a.ckpt", .folder) == .forbidden)
            #expect(try code(roots, "a.ckpt\0.wav") == .forbidden)
            let everything = try AllowedRoots(["/"], workingDirectory: folder)
            #expect(try code(everything, "/dev/null") == .forbidden)
            #expect(try everything.resolve(folder + "/secret.txt") == folder + "/secret.txt")
        }
    }

    @Test func withoutRootsNothingResolves() throws {
        try withTree { folder, _ throws in
            #expect(try code(AllowedRoots([], workingDirectory: folder), folder + "/secret.txt") == .forbidden)
        }
    }

    @Test func aRootHasToBeAFolder() throws {
        try withTree { folder, _ throws in
            for root in ["none", "secret.txt"] {
                let error = try settingsError { _ = try AllowedRoots([root], workingDirectory: folder) }
                #expect(error.code == .notFound)
                #expect(error.message.contains(root))
            }
        }
    }
}
