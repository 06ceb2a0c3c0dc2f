/// Cantonese syllables in Jyutping, and the phones that the models were trained on.
///
/// Upstream: `jyuping_to_initials_finals_tones` of `text/cantonese.py`.
enum Jyutping {
    // The first that a syllable begins with is its initial; hence the order. Not all of them are Cantonese.
    private static let initials = [
        "aa", "aai", "aak", "aap", "aat", "aau", "ai", "au", "ap", "at", "ak", "a", "p", "b", "e", "ts", "t", "dz",
        "d", "kw", "k", "gw", "g", "f", "h", "l", "m", "ng", "n", "s", "y", "w", "c", "z", "j", "ong", "on", "ou",
        "oi", "ok", "o", "uk", "ung", "sp", "spl", "spn", "sil",
    ].map { Array($0.utf8) }

    /// The two phones of a syllable: its initial, and its final with the tone. A Y sets them apart from those of Mandarin.
    ///
    /// A syllable without an initial is split inside its vowel, `aai3` into `Yaa Yi3`, and one without a final repeats the
    /// initial's last letter, `m4` into `Ym Ym4`: the models were trained so.
    ///
    /// - Returns: nil where it begins as no syllable does.
    static func phones(of syllable: String) -> [String]? {
        var letters = Array(syllable.utf8)
        var tone = ""
        if let last = letters.last, last >= UInt8(ascii: "0"), last <= UInt8(ascii: "9") {
            letters.removeLast()
            if last != UInt8(ascii: "0") { tone = String(Unicode.Scalar(last)) }
        }
        guard let initial = initials.first(where: letters.starts(with:)) else { return nil }
        let final = letters.count > initial.count ? letters[initial.count...] : initial.suffix(1)
        return ["Y" + String(decoding: initial, as: UTF8.self), "Y" + String(decoding: final, as: UTF8.self) + tone]
    }

    /// Whether the models can speak a syllable.
    static func isSyllable(_ syllable: String) -> Bool {
        guard let tone = syllable.utf8.last, (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(tone) else {
            return false
        }
        return phones(of: syllable)?.allSatisfy(SymbolTable.v2.contains) ?? false
    }
}
