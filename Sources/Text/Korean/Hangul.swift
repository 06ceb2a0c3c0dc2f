/// Hangul letters, one code point each, and the syllables that are made of them.
///
/// Unicode has a letter up to three times: as an initial consonant (onset), as a vowel or as a final consonant (coda)
/// of a syllable, and by itself, as keyboards and dictionaries write it.
enum Hangul {
    static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3
    static let onsets: ClosedRange<UInt32> = 0x1100...0x1112
    static let vowels: ClosedRange<UInt32> = 0x1161...0x1175
    static let codas: ClosedRange<UInt32> = 0x11A8...0x11C2

    private static let onsetLetters = Array("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ".unicodeScalars)
    private static let vowelLetters = Array("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ".unicodeScalars)
    private static let codaLetters = Array("ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ".unicodeScalars)
    private static let vowelCount = UInt32(vowels.count)
    /// A syllable may lack a coda.
    private static let codaCount = UInt32(codas.count) + 1

    /// The initial consonants that these letters write; letters that cannot be one are left out.
    static func onsets(_ letters: String) -> [Unicode.Scalar] {
        places(of: letters, in: onsetLetters, from: onsets)
    }

    /// The vowels that these letters write; letters that cannot be one are left out.
    static func vowels(_ letters: String) -> [Unicode.Scalar] {
        places(of: letters, in: vowelLetters, from: vowels)
    }

    /// The final consonants that these letters write; letters that cannot be one are left out.
    static func codas(_ letters: String) -> [Unicode.Scalar] {
        places(of: letters, in: codaLetters, from: codas)
    }

    private static func places(
        of letters: String, in alphabet: [Unicode.Scalar], from range: ClosedRange<UInt32>
    ) -> [Unicode.Scalar] {
        letters.unicodeScalars.compactMap { letter in
            alphabet.firstIndex(of: letter).flatMap { Unicode.Scalar(range.lowerBound + UInt32($0)) }
        }
    }

    /// The letter by itself of an onset, vowel or coda that modern Korean uses; nil for anything else.
    static func letter(of jamo: Unicode.Scalar) -> Unicode.Scalar? {
        switch jamo.value {
        case onsets: onsetLetters[Int(jamo.value - onsets.lowerBound)]
        case vowels: vowelLetters[Int(jamo.value - vowels.lowerBound)]
        case codas: codaLetters[Int(jamo.value - codas.lowerBound)]
        default: nil
        }
    }

    /// Appends a character, a syllable as its onset, vowel and coda, anything else as it is.
    static func appendDecomposed(_ scalar: Unicode.Scalar, to output: inout [Unicode.Scalar]) {
        guard syllables.contains(scalar.value) else {
            output.append(scalar)
            return
        }
        let index = scalar.value - syllables.lowerBound
        let coda = index % codaCount
        Unicode.Scalar(onsets.lowerBound + index / (codaCount * vowelCount)).map { output.append($0) }
        Unicode.Scalar(vowels.lowerBound + index / codaCount % vowelCount).map { output.append($0) }
        if coda > 0 {
            Unicode.Scalar(codas.lowerBound + coda - 1).map { output.append($0) }
        }
    }

    /// The text with each syllable as its onset, vowel and coda.
    static func decomposed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        output.reserveCapacity(text.count * 3)
        for scalar in text {
            appendDecomposed(scalar, to: &output)
        }
        return output
    }

    /// The coda of a syllable, and any other character itself.
    static func lastLetter(of scalar: Unicode.Scalar) -> Unicode.Scalar? {
        var letters: [Unicode.Scalar] = []
        appendDecomposed(scalar, to: &letters)
        return letters.last
    }

    /// The text with onset, vowel and coda in a row as one syllable. A vowel that lacks an onset gets the silent one,
    /// though of several in a row only every other.
    static func composed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        output.reserveCapacity(text.count)
        var position = 0
        // Where the last vowel that got an onset ends: a vowel right there gets none.
        var completed = 0
        while position < text.count {
            let scalar = text[position]
            position += 1
            var onset: Unicode.Scalar?
            var vowel: Unicode.Scalar?
            if onsets.contains(scalar.value) {
                onset = scalar
                if let next = text.scalar(at: position), vowels.contains(next.value) {
                    vowel = next
                    position += 1
                }
            } else if vowels.contains(scalar.value), position == 1 || completed < position - 1 {
                onset = silentOnset
                vowel = scalar
                completed = position
            }
            guard let onset, let vowel else {
                output.append(scalar)
                continue
            }
            var coda: Unicode.Scalar?
            if let next = text.scalar(at: position), codas.contains(next.value) {
                coda = next
                position += 1
            }
            output.append(syllable(onset, vowel, coda) ?? scalar)
        }
        return output
    }

    private static let silentOnset: Unicode.Scalar = "\u{110B}"

    private static func syllable(
        _ onset: Unicode.Scalar, _ vowel: Unicode.Scalar, _ coda: Unicode.Scalar?
    ) -> Unicode.Scalar? {
        let tail = coda.map { $0.value - codas.lowerBound + 1 } ?? 0
        let index = (onset.value - onsets.lowerBound) * vowelCount + vowel.value - vowels.lowerBound
        return Unicode.Scalar(syllables.lowerBound + index * codaCount + tail)
    }
}
