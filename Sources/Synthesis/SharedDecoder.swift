import Models

/// The decoder of one first-stage model, shared by all requests that are being spoken with it: each step makes one token for
/// every text of every request. Lives on the device thread.
public final class SharedDecoder {
    /// The model.
    public let model: Text2Semantic
    private let batch: DecodeBatch
    private var failures: [ObjectIdentifier: any Error] = [:]
    private var similarity: [Float]??

    /// A decoder without requests.
    ///
    /// - Throws: `TorchError` where the device has no room for its cache.
    public init(_ model: Text2Semantic) throws {
        self.model = model
        batch = try DecodeBatch(model)
    }

    /// Lets a request take part.
    func join(_ session: DecodeSession) { batch.join(session) }

    /// Takes a request out, with whatever of it has not ended.
    func leave(_ session: DecodeSession) {
        failures[ObjectIdentifier(session)] = nil
        // Rows that cannot be taken out are freed with the cache.
        try? batch.leave(session)
    }

    /// One step for all requests.
    /// - Throws: what this request failed with, in this step or in one that another request asked for.
    func step(for session: DecodeSession) throws {
        if let error = failures.removeValue(forKey: ObjectIdentifier(session)) { throw error }
        for failure in try batch.step() {
            if failure.session === session { throw failure.error }
            failures[ObjectIdentifier(failure.session)] = failure.error
        }
    }

    /// Frees the memory of its cache, where no request takes part.
    func releaseMemory() { try? batch.releaseMemory() }

    /// How much each token is like silence; nil where the model has no token for silence.
    func muteSimilarity() throws -> [Float]? {
        if let similarity { return similarity }
        let computed = try model.muteSimilarity()
        similarity = .some(computed)
        return computed
    }
}
