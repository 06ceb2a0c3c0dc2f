import Foundation
import TestSupport
import Testing

@testable import Settings

/// The folder of this target's fixtures.
let fixtures = Fixtures.folder.appending(path: "settings")

/// Runs the body with a new folder, which is removed afterwards. The path is free of symbolic links.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(#require(SettingsFile.canonical(url.path)))
}

/// Writes a text file and the folders above it.
func write(_ text: String, to path: String) throws {
    try FileManager.default.createDirectory(
        atPath: SettingsFile.folder(of: path), withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: false, encoding: .utf8)
}

/// The text of a file.
func text(of path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
}

/// Parses YAML that stands in the test.
func parse(_ text: String) throws(SettingsError) -> YAMLValue {
    try YAMLReader.parse(Array(text.utf8), name: "test.yaml")
}

/// The error that the body throws.
func settingsError(_ body: () throws -> Void) throws -> SettingsError {
    try #require(throws: SettingsError.self, performing: body)
}
