import Wire

/// Guesses how much work a task is, in seconds of audio, before anything is known about it.
///
/// Only the proportion between tasks matters: it weighs workers against each other and gives `Retry-After` its scale.
enum AudioEstimate {
    /// Letters of alphabetic scripts spoken per second.
    private static let lettersPerSecond = 15.0
    /// Characters of Chinese, Japanese and Korean spoken per second.
    private static let ideographsPerSecond = 4.5
    /// What every task costs besides its text: the reference, the prompt, the first step.
    private static let overhead = 0.5

    /// Seconds of audio that the task is likely to make.
    static func seconds(of task: WorkerTask) -> Double {
        guard case .speech(let request) = task else { return overhead }
        var letters = 0
        var ideographs = 0
        for scalar in request.text.unicodeScalars {
            if scalar.value < 0x1100 { letters += 1 } else { ideographs += 1 }
        }
        let speech = Double(letters) / lettersPerSecond + Double(ideographs) / ideographsPerSecond
        let pace = request.speedFactor > 0 ? request.speedFactor : 1
        return overhead + speech / pace
    }
}
