import Checkpoints
import Glibc
import Models
import Text
import Torch

/// g2pW's network for the text front-end.
///
/// Text is read on ordinary threads, many requests at a time, while the device's thread speaks. So this network runs on the
/// CPU in float32 whatever the voice runs on, on a thread of its own, one sentence after the other. Its weights (400 MB) are
/// read when the first polyphonic character needs them: a server that speaks no Chinese never holds them.
public final class G2PWNetwork: PolyphoneNetwork {
    /// The weights, once they were needed.
    private enum Weights {
        case inFile(G2PW.Checkpoint)
        case loaded(G2PW)
    }

    /// The file.
    public let path: String
    private let thread: ConfinedThread<Weights>
    /// Where the network's lists are not the front-end's.
    private let renumbering: PolyphoneRenumbering?

    /// The names under which a folder may hold the network.
    private static let fileNames = ["g2pW.onnx", "g2pw.onnx", "g2pW.safetensors", "g2pw.safetensors"]

    /// The network's file: the path itself, or what a folder holds; nil where there is none.
    public static func file(at path: String) -> String? {
        ([path] + fileNames.map { path + "/" + $0 }).first { candidate in
            var status = stat()
            return stat(candidate, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        }
    }

    /// Opens the file and checks that it holds the whole network, and that it fits the lists of characters and readings: those
    /// in `POLYPHONIC_CHARS.txt` beside it, else the text data's.
    ///
    /// - Parameters:
    ///   - path: `g2pW.onnx`, or the safetensors file that `chorus inspect --convert` made of it.
    ///   - lists: what the front-end's numbers mean; nil where its queries are in the network's own.
    ///   - threadCount: threads that one operation may use; nil leaves libtorch's choice.
    /// - Throws: `SynthesisError` that names the file.
    public init(path: String, lists: PolyphoneLists? = nil, threadCount: Int? = nil) throws {
        let checkpoint: G2PW.Checkpoint
        do {
            checkpoint = try G2PW.Checkpoint(path: path)
            renumbering = try lists.flatMap { try Self.renumbering(from: $0, checkpoint.configuration, path) }
        } catch {
            throw SynthesisError(translating: error)
        }
        self.path = path
        thread = ConfinedThread(name: "chorus g2pw") {
            // Per thread in libtorch. A count that it refuses leaves its own choice, which is only slower.
            if let threadCount { try? Library.setThreadCount(threadCount) }
            return .inFile(checkpoint)
        }
    }

    private static func renumbering(
        from own: PolyphoneLists, _ sizes: G2PWConfiguration, _ path: String
    ) throws -> PolyphoneRenumbering? {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let beside = folder + "POLYPHONIC_CHARS.txt"
        let lists = access(beside, R_OK) == 0 ? try PolyphoneLists(path: beside) : own
        guard lists.characters.count == sizes.characterCount, lists.labels.count == sizes.labelCount else {
            throw SynthesisError(
                .badCheckpoint,
                "\(path) tells \(sizes.labelCount) readings of \(sizes.characterCount) characters apart, and "
                    + "\(lists == own ? "the text data list" : beside + " lists") \(lists.labels.count) of "
                    + "\(lists.characters.count): put the POLYPHONIC_CHARS.txt that came with the network beside it")
        }
        return lists == own ? nil : PolyphoneRenumbering(from: own, to: lists)
    }

    /// The likeliest label for each query.
    ///
    /// - Throws: `SynthesisError`: `badRequest` for queries that do not fit the network, `badCheckpoint` for damaged weights.
    public func predict(_ queries: [PolyphoneQuery]) throws -> [Int] {
        guard !queries.isEmpty else { return [] }
        do {
            return try thread.run { [renumbering] in try Self.predict(queries, renumbering, &$0) }
        } catch {
            throw SynthesisError(translating: error)
        }
    }

    private static func predict(
        _ queries: [PolyphoneQuery], _ renumbering: PolyphoneRenumbering?, _ weights: inout Weights
    ) throws -> [Int] {
        let model: G2PW
        switch weights {
        case .loaded(let loaded): model = loaded
        case .inFile(let checkpoint):
            model = try G2PW(checkpoint)
            weights = .loaded(model)
        }
        var labels: [Int] = []
        var start = 0
        while start < queries.count {
            let tokens = queries[start].tokenIDs
            let end = queries[start...].firstIndex { $0.tokenIDs != tokens } ?? queries.count
            labels += try Self.labels(queries[start..<end], renumbering, model)
            start = end
        }
        return labels
    }

    /// The labels for queries about one sentence. What the network cannot be asked gets the first of its allowed readings.
    private static func labels(
        _ queries: ArraySlice<PolyphoneQuery>, _ renumbering: PolyphoneRenumbering?, _ model: G2PW
    ) throws -> [Int] {
        let targets = queries.map { query in
            renumbering.map { $0.target(query) }
                ?? G2PW.Target(
                    position: query.position, characterID: query.characterID, allowedLabels: query.allowedLabels)
        }
        var answers = try model.answers(tokenIDs: queries.first?.tokenIDs ?? [], targets.compactMap { $0 })[...]
        return zip(queries, targets).map { query, target in
            let answer = target == nil ? nil : answers.popFirst()?.label
            let label = renumbering.map { renumbering in answer.flatMap(renumbering.label) } ?? answer
            return label ?? query.allowedLabels.firstIndex(of: true) ?? 0
        }
    }
}
