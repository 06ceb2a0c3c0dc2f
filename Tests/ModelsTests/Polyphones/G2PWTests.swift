import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import Models

/// The network agrees with onnxruntime on networks of random weights, exported as the published one was.
@Suite struct G2PWTests {
    /// Networks to compare: the committed ones, and one of the published sizes where CHORUS_G2PW_FOLDER names its folder.
    private static let networks: [URL] = {
        let committed = ["narrow", "wide"].map { G2PWExpectations.folder.appending(path: $0 + ".onnx") }
        let other = ProcessInfo.processInfo.environment["CHORUS_G2PW_FOLDER"]
        return committed + (other.map { [URL(fileURLWithPath: $0).appending(path: "g2pW.onnx")] } ?? [])
    }()

    @Test("logits and probabilities of 200 queries within 1e-4 of onnxruntime's", arguments: networks)
    func parity(_ network: URL) throws {
        let expected = try G2PWExpectations(of: network)
        try #require(expected.queries.count >= 200)
        let model = try G2PW(G2PW.Checkpoint(path: network.path))
        #expect(model.configuration.encoder.headCount == expected.heads)
        #expect(model.configuration.labelCount == expected.labels)
        #expect(abs(model.configuration.encoder.layerNormEpsilon - 1e-12) < 1e-18)
        var largest: (logit: Float, probability: Float) = (0, 0)
        var compared = 0
        for query in expected.queries {
            let target = G2PW.Target(
                position: query.position, characterID: query.character,
                allowedLabels: expected.allowed(query))
            let answer = try #require(try model.answers(tokenIDs: query.tokens, [target]).first)
            #expect(answer.label == query.answer)
            for (label, probability) in zip(query.allowed, query.probabilities) {
                largest.probability = max(largest.probability, abs(answer.probabilities[label] - probability))
            }
            for (found, logit) in zip(answer.logits, query.logits ?? []) {
                largest.logit = max(largest.logit, abs(found - logit))
                compared += 1
            }
        }
        #expect(compared >= 10 * expected.labels)
        #expect(largest.logit <= 1e-4)
        #expect(largest.probability <= 1e-4)
    }
}
