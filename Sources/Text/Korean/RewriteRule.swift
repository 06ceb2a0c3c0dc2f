/// A rule that replaces a short sequence of letters by another, wherever it stands: the phonology of `g2pk2` is a list of
/// them, each applied to the whole text before the next.
struct RewriteRule: Sendable {
    /// What a place in the sequence must hold.
    enum Element: Sendable {
        /// One of these characters.
        case one(of: [Unicode.Scalar])
        /// A blank, or nothing.
        case optionalBlank
        /// Any character but these, or the end of the text.
        case anyButOrEnd(_ excluded: [Unicode.Scalar])
        /// A character that is no letter, digit or underscore, or the end of the text.
        case noLetterOrEnd
    }

    /// What a sequence is replaced by.
    enum Piece: Sendable {
        case scalar(Unicode.Scalar)
        /// What stood at a place of the sequence.
        case copy(Int)
    }

    private let elements: [Element]
    private let replacement: [Piece]
    private let needed: [ScalarSignature]

    init(_ elements: [Element], _ replacement: [Piece]) {
        self.elements = elements
        self.replacement = replacement
        needed = elements.compactMap { element in
            if case .one(let scalars) = element { ScalarSignature(scalars) } else { nil }
        }
    }

    /// A rule that replaces one word by another.
    init(word: String, with replacement: String) {
        self.init(word.unicodeScalars.map { .one(of: [$0]) }, replacement.unicodeScalars.map { .scalar($0) })
    }

    /// Applies rules to a text one after the other.
    static func apply(_ rules: [RewriteRule], to text: inout [Unicode.Scalar]) {
        var present = ScalarSignature(text)
        for rule in rules where rule.needed.allSatisfy(present.mayShare) {
            guard let rewritten = rule.rewritten(text) else { continue }
            text = rewritten
            // What has gone may stay in the signature: it only ever says that a rule need not be tried.
            for case .scalar(let scalar) in rule.replacement {
                present.insert(scalar)
            }
        }
    }

    /// One pass from left to right, without overlap; nil where the sequence does not occur.
    private func rewritten(_ text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        var output: [Unicode.Scalar] = []
        var copied = 0
        var position = 0
        while position < text.count {
            guard let end = endOfMatch(text, at: position) else {
                position += 1
                continue
            }
            output.append(contentsOf: text[copied..<position])
            for piece in replacement {
                switch piece {
                case .scalar(let scalar): output.append(scalar)
                case .copy(let place): copy(place, of: text[position..<end], to: &output)
                }
            }
            position = max(end, position + 1)
            copied = position
        }
        guard copied > 0 else { return nil }
        output.append(contentsOf: text[copied...])
        return output
    }

    private func endOfMatch(_ text: [Unicode.Scalar], at start: Int) -> Int? {
        var position = start
        for element in elements {
            guard position < text.count else {
                switch element {
                case .one: return nil
                case .optionalBlank, .anyButOrEnd, .noLetterOrEnd: continue
                }
            }
            let scalar = text[position]
            switch element {
            case .one(let scalars):
                guard scalars.contains(scalar) else { return nil }
                position += 1
            case .optionalBlank:
                position += scalar == " " ? 1 : 0
            case .anyButOrEnd(let excluded):
                guard !excluded.contains(scalar) else { return nil }
                position += 1
            case .noLetterOrEnd:
                guard !scalar.isPythonWord else { return nil }
                position += 1
            }
        }
        return position
    }

    /// Appends what stood at one place of a match. At most one place may have held nothing.
    private func copy(_ place: Int, of match: ArraySlice<Unicode.Scalar>, to output: inout [Unicode.Scalar]) {
        let isComplete = match.count == elements.count
        var index = match.startIndex + place
        if !isComplete, let flexible = elements.firstIndex(where: \.mayBeEmpty), flexible <= place {
            guard flexible < place else { return }
            index -= 1
        }
        if match.indices.contains(index) {
            output.append(match[index])
        }
    }
}

extension RewriteRule.Element {
    fileprivate var mayBeEmpty: Bool {
        if case .one = self { false } else { true }
    }
}

/// A small summary of which characters a text or a set holds, to tell quickly that two have none in common.
private struct ScalarSignature {
    private var bits: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init(_ scalars: [Unicode.Scalar]) {
        for scalar in scalars {
            insert(scalar)
        }
    }

    mutating func insert(_ scalar: Unicode.Scalar) {
        let bit: UInt64 = 1 << UInt64(scalar.value & 63)
        switch scalar.value >> 6 & 3 {
        case 0: bits.0 |= bit
        case 1: bits.1 |= bit
        case 2: bits.2 |= bit
        default: bits.3 |= bit
        }
    }

    func mayShare(_ other: ScalarSignature) -> Bool {
        bits.0 & other.bits.0 | bits.1 & other.bits.1 | bits.2 & other.bits.2 | bits.3 & other.bits.3 != 0
    }
}
