/// Finds words and their parts of speech in a run of characters of which the dictionary knows no words.
///
/// The hidden Markov model of jieba 0.42.1 (`posseg/viterbi.py`): a state is a position in a word (begin, middle, end, single)
/// with a part of speech. States are numbered in the order by which ties are broken.
struct TaggingModel: Sendable {
    private let positions: Column<UInt8>
    private let tags: Column<UInt8>
    private let starts: Column<Double>
    private let emitting: Column<UInt32>
    private let emissionEnds: Column<UInt32>
    private let emittedStates: Column<UInt8>
    private let emissions: Column<Double>
    private let observed: Column<UInt32>
    private let observedEnds: Column<UInt32>
    private let observedStates: Column<UInt8>
    /// The states that each state can follow, in order, with the logarithm of the probability.
    private let predecessors: [[(state: Int, score: Double)]]
    /// The states that each state can be followed by; none for many.
    private let successors: [[Int]]
    private let stateCount: Int

    /// The logarithm of a probability that stands for "never seen".
    static let unseen = -3.14e100

    init(_ file: SectionFile) throws(TextError) {
        positions = try file.column("state.position")
        let count = positions.count
        stateCount = count
        tags = try file.column("state.tag", count: count)
        starts = try file.column("state.start", count: count)
        let transitions: Column<Double> = try file.column("state.transition", count: count * count)
        emitting = try file.column("emit.character")
        emissionEnds = try file.column("emit.index", count: emitting.count + 1)
        emissions = try file.column("emit.score")
        emittedStates = try file.column("emit.state", count: emissions.count)
        observed = try file.column("observed.character")
        observedEnds = try file.column("observed.index", count: observed.count + 1)
        observedStates = try file.column("observed.state")
        var predecessors = [[(state: Int, score: Double)]](repeating: [], count: count)
        var successors = [[Int]](repeating: [], count: count)
        for from in 0..<count {
            for to in 0..<count {
                guard let score = transitions[from * count + to], score > -.infinity else { continue }
                predecessors[to].append((from, score))
                successors[from].append(to)
            }
        }
        self.predecessors = predecessors
        self.successors = successors
    }

    /// The words of a run with the numbers of their tags, in order; together they are the run.
    func words(of run: ArraySlice<Unicode.Scalar>) -> [(range: Range<Int>, tag: Int)] {
        let path = likeliestPath(run)
        var words: [(range: Range<Int>, tag: Int)] = []
        var begin = run.startIndex
        for (index, state) in zip(run.indices, path) {
            switch positions[state] {
            case UInt8(ascii: "E"), UInt8(ascii: "S"):
                words.append((begin..<index + 1, Int(tags[state] ?? 0)))
                begin = index + 1
            default:
                break
            }
        }
        if begin < run.endIndex, path.indices.contains(begin - run.startIndex) {
            words.append((begin..<run.endIndex, Int(tags[path[begin - run.startIndex]] ?? 0)))
        }
        return words
    }

    private func likeliestPath(_ run: ArraySlice<Unicode.Scalar>) -> [Int] {
        guard let first = run.first else { return [] }
        var emission = [Double](repeating: Self.unseen, count: stateCount)
        var active = states(of: first) ?? Array(0..<stateCount)
        // States that are not active stay at minus infinity, and are never the best.
        var scores = [Double](repeating: -.infinity, count: stateCount)
        setEmissions(of: first, in: &emission)
        for state in active {
            scores[state] = (starts[state] ?? Self.unseen) + emission[state]
        }
        clearEmissions(of: first, in: &emission)
        var cameFrom: [[UInt16]] = []
        cameFrom.reserveCapacity(run.count)
        for character in run.dropFirst() {
            let reachable = reachable(from: active)
            let allowed = (states(of: character) ?? Array(0..<stateCount)).filter { reachable[$0] }
            let next = allowed.isEmpty ? (0..<stateCount).filter { reachable[$0] } : allowed
            setEmissions(of: character, in: &emission)
            var nextScores = [Double](repeating: -.infinity, count: stateCount)
            // Upstream raises where nothing can follow; here the state just goes on.
            var from = [UInt16](repeating: UInt16(truncatingIfNeeded: active.last ?? 0), count: stateCount)
            for state in next {
                var best = -Double.infinity
                for (candidate, move) in predecessors[state] where scores[candidate] > -.infinity {
                    let total = scores[candidate] + move + emission[state]
                    if total >= best {
                        best = total
                        from[state] = UInt16(truncatingIfNeeded: candidate)
                    }
                }
                nextScores[state] = best
            }
            clearEmissions(of: character, in: &emission)
            cameFrom.append(from)
            if next.isEmpty {
                active = Array(0..<stateCount)
                scores = emission
            } else {
                active = next
                scores = nextScores
            }
        }
        var state = active[0]
        for candidate in active where scores[candidate] >= scores[state] {
            state = candidate
        }
        var path = [state]
        path.reserveCapacity(run.count)
        for from in cameFrom.reversed() {
            state = Int(from[state])
            path.append(state)
        }
        return path.reversed()
    }

    private func reachable(from states: [Int]) -> [Bool] {
        var reachable = [Bool](repeating: false, count: stateCount)
        for state in states {
            for next in successors[state] {
                reachable[next] = true
            }
        }
        return reachable
    }

    /// The states that a character was seen in, or nil if it was never seen.
    private func states(of character: Unicode.Scalar) -> [Int]? {
        guard let place = observed.place(of: character.value), let start = observedEnds[place],
            let end = observedEnds[place + 1], start <= end
        else { return nil }
        return (start..<end).compactMap { observedStates[Int($0)].map(Int.init) }.filter { $0 < stateCount }
    }

    private func setEmissions(of character: Unicode.Scalar, in emission: inout [Double]) {
        forEachEmission(of: character) { state, score in emission[state] = score }
    }

    private func clearEmissions(of character: Unicode.Scalar, in emission: inout [Double]) {
        forEachEmission(of: character) { state, _ in emission[state] = Self.unseen }
    }

    private func forEachEmission(of character: Unicode.Scalar, _ body: (Int, Double) -> Void) {
        guard let place = emitting.place(of: character.value), let start = emissionEnds[place],
            let end = emissionEnds[place + 1], start <= end
        else { return }
        for index in Int(start)..<Int(end) {
            guard let state = emittedStates[index], Int(state) < stateCount, let score = emissions[index] else {
                continue
            }
            body(Int(state), score)
        }
    }
}
