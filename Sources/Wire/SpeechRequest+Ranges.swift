extension SpeechRequest {
    /// What `/tts` takes.
    public enum Ranges {
        /// Pieces.
        public static let batchSize = 1...256
        /// Beyond these the audio is no speech any longer, and its length grows without bound.
        public static let speedFactor = 0.05...20.0
        /// Seconds.
        public static let fragmentInterval = 0.0...60.0
        /// Semantic tokens; a piece has at most 1500, a minute of speech.
        public static let overlapLength = 1...1500
        /// Semantic tokens.
        public static let minChunkLength = 1...1500
        /// More steps of flow matching change nothing that can be heard.
        public static let sampleSteps = 1...256
    }

    /// What is wrong with the first number that cannot be spoken with, naming its field and what is allowed; nil where all can.
    public var rangeProblem: String? {
        let numbers: [(String, Double)] = [
            ("top_p", topP), ("temperature", temperature), ("batch_threshold", batchThreshold),
            ("speed_factor", speedFactor), ("fragment_interval", fragmentInterval),
            ("repetition_penalty", repetitionPenalty),
        ]
        for (name, number) in numbers where !number.isFinite { return "\(name) must be a finite number" }
        guard repetitionPenalty > 0 else { return "repetition_penalty must be above 0" }
        return problem("batch_size", batchSize, Ranges.batchSize)
            ?? problem("speed_factor", speedFactor, Ranges.speedFactor)
            ?? problem("fragment_interval", fragmentInterval, Ranges.fragmentInterval, "seconds")
            ?? problem("overlap_length", overlapLength, Ranges.overlapLength, "semantic tokens")
            ?? problem("min_chunk_length", minChunkLength, Ranges.minChunkLength, "semantic tokens")
            ?? problem("sample_steps", sampleSteps, Ranges.sampleSteps)
    }

    private func problem<Number: Comparable>(
        _ name: String, _ number: Number, _ range: ClosedRange<Number>, _ unit: String? = nil
    ) -> String? {
        guard !range.contains(number) else { return nil }
        return "\(name) is \(number); it must be from \(range.lowerBound) to \(range.upperBound)"
            + (unit.map { " \($0)" } ?? "")
    }
}
