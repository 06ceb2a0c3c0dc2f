import Foundation
import TestSupport
import Testing
import Text

@testable import Synthesis

@Suite struct G2PWNetworkTests {
    private let network: G2PWNetwork
    private let expected: G2PWExpectations

    init() throws {
        let file = G2PWExpectations.folder.appending(path: "narrow.onnx")
        network = try G2PWNetwork(path: file.path, threadCount: 1)
        expected = try G2PWExpectations(of: file)
    }

    private func query(_ query: G2PWExpectations.Query) -> PolyphoneQuery {
        PolyphoneQuery(
            tokenIDs: query.tokens, position: query.position, characterID: query.character,
            allowedLabels: expected.allowed(query))
    }

    @Test("several sentences at once, and several characters of one, from several threads")
    func predictions() async throws {
        let queries = expected.queries.prefix(60).flatMap { [query($0), query($0)] }
        let answers = expected.queries.prefix(60).flatMap { [$0.answer, $0.answer] }
        try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<4 { group.addTask { [network] in try network.predict(queries) } }
            for try await found in group { #expect(found == answers) }
        }
        #expect(try network.predict([]).isEmpty)
    }

    @Test("queries that do not fit the network are refused")
    func misfits() throws {
        let first = try #require(expected.queries.first)
        let misfits = [
            PolyphoneQuery(tokenIDs: [1, 2], position: 2, characterID: 0, allowedLabels: query(first).allowedLabels),
            PolyphoneQuery(tokenIDs: [1, 2], position: 1, characterID: 11, allowedLabels: query(first).allowedLabels),
            PolyphoneQuery(tokenIDs: [1, 2], position: 1, characterID: 0, allowedLabels: [true]),
            PolyphoneQuery(tokenIDs: [1, 90], position: 1, characterID: 0, allowedLabels: query(first).allowedLabels),
            PolyphoneQuery(tokenIDs: [], position: 0, characterID: 0, allowedLabels: query(first).allowedLabels),
        ]
        for misfit in misfits { #expect(throws: SynthesisError.self) { try network.predict([misfit]) } }
        #expect(try network.predict([query(first)]) == [first.answer])
    }

    @Test("a folder or a file, or nothing")
    func places() throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: UUID().uuidString)
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        #expect(G2PWNetwork.file(at: folder.path) == nil)
        #expect(G2PWNetwork.file(at: folder.path + "/none") == nil)
        let file = folder.appending(path: "g2pW.onnx").path
        try files.copyItem(atPath: network.path, toPath: file)
        #expect(G2PWNetwork.file(at: folder.path) == file)
        #expect(G2PWNetwork.file(at: file) == file)
        // Cut short, as an interrupted download leaves it.
        try Data(contentsOf: URL(fileURLWithPath: file)).prefix(50_000).write(to: URL(fileURLWithPath: file))
        let error = try #require(throws: SynthesisError.self) { try G2PWNetwork(path: file) }
        #expect(error.message.contains(file))
        #expect(error.code == .badCheckpoint)
    }

    @Test("a network with lists of its own is asked in its own numbers")
    func ownLists() throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: UUID().uuidString)
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        let file = folder.appending(path: "g2pW.onnx").path
        try files.copyItem(atPath: network.path, toPath: file)
        // The network's 11 characters and 30 readings: every character has three of them.
        let ideographs = (0..<11).compactMap { Unicode.Scalar(0x4E00 + $0) }
        let names = (0..<30).map { "label \($0 + 10)" }
        let own = ideographs.enumerated().flatMap { number, ideograph in
            (0..<3).map { "\(ideograph)\t\(names[(3 * number + $0) % 30])" }
        }.joined(separator: "\n")
        // The front-end's list begins with a character and a reading that the network does not know.
        let others = folder.appending(path: "others.txt").path
        try Data("㐀\tlabel 00\n\(own)".utf8).write(to: URL(fileURLWithPath: others))
        let lists = try PolyphoneLists(path: others)
        #expect(throws: SynthesisError.self) { try G2PWNetwork(path: file, lists: lists) }
        try Data(own.utf8).write(to: folder.appending(path: "POLYPHONIC_CHARS.txt"))
        let renumbered = try G2PWNetwork(path: file, lists: lists, threadCount: 1)
        for query in expected.queries.prefix(20) {
            let readings = (0..<3).map { (3 * query.character + $0) % 30 }
            let direct = PolyphoneQuery(
                tokenIDs: query.tokens, position: query.position, characterID: query.character,
                allowedLabels: (0..<30).map(readings.contains))
            let shifted = PolyphoneQuery(
                tokenIDs: query.tokens, position: query.position, characterID: query.character + 1,
                allowedLabels: [false] + direct.allowedLabels)
            let unknown = PolyphoneQuery(
                tokenIDs: query.tokens, position: query.position, characterID: 0,
                allowedLabels: [true] + [Bool](repeating: false, count: 30))
            let answer = try network.predict([direct])
            #expect(try renumbered.predict([unknown, shifted]) == [0] + answer.map { $0 + 1 })
        }
    }
}
