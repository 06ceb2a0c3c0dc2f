import Torch

extension Text2Semantic {
    /// Turns the texts of one request into semantic tokens.
    /// - Parameters:
    ///   - inputs: the texts.
    ///   - prompt: semantic tokens of the reference; nil for none.
    ///   - generator: seeded for the request; on the CPU it draws what the Python server draws.
    ///   - earlyStop: stop a text after this many tokens; the checkpoint's own limit where nil.
    ///   - onStep: called after each decoder step with the number of rows that are running; false ends the work.
    /// - Returns: one output for each text, in their order.
    /// - Throws: `ModelError` with code `input` for ids outside the tables or options out of range, `notFinite` where the
    ///   network's output is not a number, `cancelled` where `onStep` said so; `TorchError`.
    public func generate(
        _ inputs: [Text2SemanticInput], prompt: [Int]?, options: SamplingOptions, order: DecodingOrder,
        generator: Generator, earlyStop: Int? = nil, onStep: (_ rows: Int) -> Bool = { _ in true }
    ) throws -> [Text2SemanticOutput] {
        let session = try DecodeSession(
            configuration, inputs: inputs, prompt: prompt, options: options, order: order, generator: generator,
            earlyStop: earlyStop)
        return try run(session, onStep: onStep)
    }

    /// Runs one request alone to its end. Throws as ``generate(_:prompt:options:order:generator:onStep:)``.
    func run(_ session: DecodeSession, onStep: (_ rows: Int) -> Bool = { _ in true }) throws -> [Text2SemanticOutput] {
        let batch = try DecodeBatch(self)
        batch.join(session)
        while !batch.isEmpty {
            if let failure = try batch.step().first { throw failure.error }
            guard onStep(batch.rowCount) else {
                throw ModelError(.cancelled, "decoding was stopped after the caller asked for it")
            }
        }
        return session.outputs.compactMap { $0 }
    }
}
