/// A mora, the beat of Japanese: one or two katakana and the phones they are spoken with.
///
/// Upstream: Open JTalk 1.11, `jpcommon_rule_utf_8.h`.
struct Mora: Sendable {
    /// As katakana.
    let kana: String
    let consonant: String?
    /// The vowel; nil for the nasal and the doubled consonant, which are beats of their own.
    let vowel: String?

    /// What makes the vowel before it one mora longer.
    static let longVowelMark = JapaneseTerm.bytes("ー")
    /// What marks the vowel before it as not voiced.
    static let unvoicedMark = JapaneseTerm.bytes("’")
    static let pause = JapaneseTerm.bytes("、")
    static let question = JapaneseTerm.bytes("？")

    /// All moras that a pronunciation may hold, but for the long vowel mark.
    static let all: [Mora] = table.split(separator: "\n").flatMap { line -> [Mora] in
        let columns = line.split(separator: " ").map(String.init)
        let consonant = columns.first == "-" ? nil : columns.first
        return zip(columns.dropFirst(), ["a", "i", "u", "e", "o", nil]).filter { $0.0 != "-" }.map { kana, vowel in
            Mora(kana: kana, consonant: consonant, vowel: vowel)
        }
    }

    /// The moras by their kana.
    static let byKana = KanaTable(all.map { (key: $0.kana, value: $0) })

    /// Moras that only old or foreign spellings have. Open JTalk speaks them where a dictionary says so, and else skips them.
    static let onlyInDictionaries: Set<String> = ["ヮ", "ヶ", "クヮ", "グヮ"]

    // A consonant, then the kana with a, i, u, e, o, and with no vowel.
    private static let table = """
        - ア イ ウ エ オ
        - ァ ィ ゥ ェ ォ
        - - ヰ - ヱ ヲ
        N - - - - - ン
        cl - - - - - ッ
        k カ キ ク ケ コ
        k - - - ヶ -
        ky キャ - キュ キェ キョ
        kw クヮ
        g ガ ギ グ ゲ ゴ
        gy ギャ - ギュ ギェ ギョ
        gw グヮ
        s サ スィ ス セ ソ
        sh シャ シ シュ シェ ショ
        z ザ ズィ ズ ゼ ゾ
        z - - ヅ - -
        j ジャ ジ ジュ ジェ ジョ
        j - ヂ - - -
        t タ ティ トゥ テ ト
        ty テャ - テュ - テョ
        ch チャ チ チュ チェ チョ
        ts ツァ ツィ ツ ツェ ツォ
        d ダ ディ ドゥ デ ド
        dy デャ - デュ - デョ
        n ナ ニ ヌ ネ ノ
        ny ニャ - ニュ ニェ ニョ
        h ハ ヒ - ヘ ホ
        hy ヒャ - ヒュ ヒェ ヒョ
        f ファ フィ フ フェ フォ
        b バ ビ ブ ベ ボ
        by ビャ - ビュ ビェ ビョ
        by ヴャ - ヴュ - ヴョ
        p パ ピ プ ペ ポ
        py ピャ - ピュ ピェ ピョ
        m マ ミ ム メ モ
        my ミャ - ミュ ミェ ミョ
        y ヤ - ユ イェ ヨ
        y ャ - ュ - ョ
        r ラ リ ル レ ロ
        ry リャ - リュ リェ リョ
        w ワ ウィ - ウェ ウォ
        w ヮ
        v ヴァ ヴィ ヴ ヴェ ヴォ
        """
}
