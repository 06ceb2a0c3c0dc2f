/// Finds words in a run of characters of which the dictionary knows no words.
///
/// The hidden Markov model of jieba 0.42.1 (`finalseg`), with the order of additions and the ties of jieba_fast 0.53.
struct SplittingModel: Sendable {
    private let starts: [Double]
    private let transitions: [Double]
    private let characters: Column<UInt32>
    private let emissions: Column<Double>

    private static let unseen = TaggingModel.unseen

    /// A position in a word, numbered as in the data.
    private enum Position: Int, CaseIterable {
        case begin, end, middle, single

        /// What can stand before; of equally likely ones the first is taken.
        var predecessors: [Position] {
            switch self {
            case .begin: [.end, .single]
            case .end: [.begin, .middle]
            case .middle: [.middle, .begin]
            case .single: [.single, .end]
            }
        }

        /// The predecessor where all are as unlikely as can be.
        var lastResort: Position {
            switch self {
            case .begin, .single: .single
            case .end, .middle: .middle
            }
        }
    }

    init(_ file: SectionFile) throws(TextError) {
        let count = Position.allCases.count
        let starts: Column<Double> = try file.column("splitter.start", count: count)
        let transitions: Column<Double> = try file.column("splitter.transition", count: count * count)
        self.starts = (0..<count).map { starts[$0] ?? Self.unseen }
        self.transitions = (0..<count * count).map { transitions[$0] ?? Self.unseen }
        characters = try file.column("splitter.character")
        emissions = try file.column("splitter.score", count: characters.count * count)
    }

    /// Where the words of a run end.
    func ends(ofWordsIn run: ArraySlice<Unicode.Scalar>) -> [Int] {
        guard let first = run.first else { return [] }
        let positions = Position.allCases
        var scores = zip(starts, emissions(of: first)).map { $1 + $0 }
        var predecessors: [[Position]] = []
        for character in run.dropFirst() {
            let emissions = emissions(of: character)
            var next: [Double] = []
            var from: [Position] = []
            for position in positions {
                var best = Self.unseen
                var predecessor = position.lastResort
                for candidate in position.predecessors {
                    let move = transitions[candidate.rawValue * positions.count + position.rawValue]
                    let total = emissions[position.rawValue] + scores[candidate.rawValue] + move
                    if total > best {
                        best = total
                        predecessor = candidate
                    }
                }
                next.append(best)
                from.append(predecessor)
            }
            scores = next
            predecessors.append(from)
        }
        var position =
            scores[Position.single.rawValue] > scores[Position.end.rawValue] ? Position.single : .end
        var ends = [run.endIndex]
        for (end, from) in zip(run.indices.dropFirst(), predecessors).reversed() {
            position = from[position.rawValue]
            if position == .end || position == .single { ends.append(end) }
        }
        return ends.reversed()
    }

    private func emissions(of character: Unicode.Scalar) -> [Double] {
        let count = Position.allCases.count
        guard let place = characters.place(of: character.value) else {
            return Array(repeating: Self.unseen, count: count)
        }
        return (0..<count).map { emissions[place * count + $0] ?? Self.unseen }
    }
}
