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

    /// The names under which a folder may hold the network.
    private static let fileNames = ["g2pW.onnx", "g2pw.onnx", "g2pW.safetensors", "g2pw.safetensors"]

    /// The network's file: the path itself, or what a folder holds; nil where there is none.
    public static func file(at path: String) -> String? {
        ([path] + fileNames.map { path + "/" + $0 }).first { candidate in
            var status = stat()
            return stat(candidate, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        }
    }

    /// Opens the file and checks that it holds the whole network.
    ///
    /// - Parameters:
    ///   - path: `g2pW.onnx`, or the safetensors file that `chorus inspect --convert` made of it.
    ///   - threadCount: threads that one operation may use; nil leaves libtorch's choice.
    /// - Throws: `SynthesisError` that names the file.
    public init(path: String, threadCount: Int? = nil) throws {
        let checkpoint: G2PW.Checkpoint
        do {
            checkpoint = try G2PW.Checkpoint(path: path)
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

    /// The likeliest label for each query.
    ///
    /// - Throws: `SynthesisError`: `badRequest` for queries that do not fit the network, `badCheckpoint` for damaged weights.
    public func predict(_ queries: [PolyphoneQuery]) throws -> [Int] {
        guard !queries.isEmpty else { return [] }
        do {
            return try thread.run { try Self.predict(queries, &$0) }
        } catch {
            throw SynthesisError(translating: error)
        }
    }

    private static func predict(_ queries: [PolyphoneQuery], _ weights: inout Weights) throws -> [Int] {
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
            let targets = queries[start..<end].map {
                G2PW.Target(position: $0.position, characterID: $0.characterID, allowedLabels: $0.allowedLabels)
            }
            labels += try model.answers(tokenIDs: tokens, targets).map(\.label)
            start = end
        }
        return labels
    }
}
