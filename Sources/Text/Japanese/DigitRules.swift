/// The words that numbers are made of.
///
/// Upstream: Open JTalk 1.11, `njd_set_digit_rule_utf_8.h`.
enum DigitRules {
    struct Digit: Sendable {
        let value: Int
        /// The character by which all other rules know the digit.
        let string: [UInt8]
    }

    /// Digits in all their spellings.
    static let digits: [[UInt8]: Digit] = {
        var digits: [[UInt8]: Digit] = [:]
        let lists = [
            "〇 ○", "一 １ いち 壱", "二 ２ に 弐 貳 ニ", "三 ３ さん 参", "四 ４ よん し", "五 ５ ご", "六 ６ ろく",
            "七 ７ なな しち", "八 ８ はち", "九 ９ きゅう く",
        ]
        for (value, list) in lists.enumerated() {
            let spellings = bytes(of: list)
            for spelling in spellings {
                digits[spelling] = Digit(value: value, string: spellings[0])
            }
        }
        digits[JapaneseTerm.bytes("０")] = Digit(value: 0, string: JapaneseTerm.bytes("０"))
        return digits
    }()

    /// The value of a digit; nil for any other word.
    static func value(of word: JapaneseWord) -> Int? {
        digits[word.string]?.value
    }

    static let one = JapaneseTerm.bytes("一")
    static let two = JapaneseTerm.bytes("二")
    static let four = JapaneseTerm.bytes("四")
    static let six = JapaneseTerm.bytes("六")
    static let ten = JapaneseTerm.bytes("十")
    static let hundred = JapaneseTerm.bytes("百")
    static let thousand = JapaneseTerm.bytes("千")
    static let trillion = JapaneseTerm.bytes("兆")

    static let comma = JapaneseTerm.bytes("，")
    static let fullStop = JapaneseTerm.bytes("．")
    static let middleDot = JapaneseTerm.bytes("・")
    static let opening = JapaneseTerm.bytes("（")
    static let closing = JapaneseTerm.bytes("）")
    static let number = JapaneseTerm.bytes("番号")
    static let hyphens = Set(bytes(of: "― − ‐ — －"))

    static let person = JapaneseTerm.bytes("人")
    static let month = JapaneseTerm.bytes("月")
    static let day = JapaneseTerm.bytes("日")
    static let daysLong = JapaneseTerm.bytes("日間")

    /// Ten, hundred, thousand, by the number of zeros.
    static let places: [JapaneseWord?] =
        [nil]
        + [
            "十,名詞,数,*,*,*,*,十,ジュウ,ジュー,1/2,*",
            "百,名詞,数,*,*,*,*,百,ヒャク,ヒャク,2/2,*",
            "千,名詞,数,*,*,*,*,千,セン,セン,1/2,*",
        ].map(JapaneseWord.init(entry:))

    /// The powers of ten thousand.
    static let groups: [JapaneseWord?] =
        [nil]
        + [
            "万,名詞,数,*,*,*,*,万,マン,マン,1/2,*",
            "億,名詞,数,*,*,*,*,億,オク,オク,1/2,*",
            "兆,名詞,数,*,*,*,*,兆,チョウ,チョー,1/2,C3",
            "京,名詞,数,*,*,*,*,京,ケイ,ケー,1/2,*",
            "垓,名詞,数,*,*,*,*,垓,ガイ,ガイ,1/2,*",
            "𥝱,名詞,数,*,*,*,*,𥝱,ジョ,ジョ,1/1,*",
            "穣,名詞,数,*,*,*,*,穣,ジョウ,ジョー,1/2,*",
            "溝,名詞,数,*,*,*,*,溝,コウ,コウ,1/2,*",
            "澗,名詞,数,*,*,*,*,澗,カン,カン,1/2,*",
            "正,名詞,数,*,*,*,*,正,セイ,セー,1/2,*",
            "載,名詞,数,*,*,*,*,載,サイ,サイ,1/2,*",
            "極,名詞,数,*,*,*,*,極,ゴク,ゴク,1/2,*",
            "恒河沙,名詞,数,*,*,*,*,恒河沙,ゴウガシャ,ゴウガシャ,1/4,*",
            "阿僧祇,名詞,数,*,*,*,*,阿僧祇,アソウギ,アソーギ,2/4,*",
            "那由他,名詞,数,*,*,*,*,那由他,ナユタ,ナユタ,1/3,*",
            "不可思議,名詞,数,*,*,*,*,不可思議,フカシギ,フカシギ,2/4,*",
            "無量大数,名詞,数,*,*,*,*,無量大数,ムリョウタイスウ,ムリョータイスー,6/7,*",
        ].map(JapaneseWord.init(entry:))

    static let units = Set(bytes(of: "一 二 三 四 五 六 七 八 九 何 幾 数"))
    static let powersOfTen = Set((places + groups).compactMap { $0?.string })

    /// The point between digits.
    static let point = JapaneseWord(entry: "．,名詞,接尾,助数詞,*,*,*,．,テン,テン,0/2,*,-1")

    /// How a digit before a point is read, with two moras.
    static let beforePoint = readings("〇 レー ０ レー 二 ニー 五 ゴー")
    /// How a digit is read by itself, with two moras.
    static let alone = readings("〇 ゼロ ０ ゼロ 二 ニー 五 ゴー")
    /// One and two in the old way.
    static let nativeDigits = readings("一 ヒト 二 フタ")

    static let beforeHundred = DigitChange("六 ロッ 0 2  八 ハッ 0 2")
    static let beforeThousand = DigitChange("一 イッ 0 2  八 ハッ 0 2  十 ジュッ 1 2")
    static let hundredsAndThousands = CounterChange(voiced: "三何", halfVoiced: "六八")

    /// First sounds and what they become.
    static let voiced = sounds("カガ キギ クグ ケゲ コゴ サザ シジ スズ セゼ ソゾ タダ チヂ ツヅ テデ トド ハバ ヒビ フブ ヘベ ホボ")
    static let halfVoiced = sounds("ハパ ヒピ フプ ヘペ ホポ")

    /// One and two persons.
    static let persons = compounds([
        "一": "一人,名詞,副詞可能,*,*,*,*,一人,ヒトリ,ヒトリ,2/3,*",
        "二": "二人,名詞,副詞可能,*,*,*,*,二人,フタリ,フタリ,3/3,*",
    ])

    static let firstOfMonth = JapaneseWord(entry: "一日,名詞,副詞可能,*,*,*,*,一日,ツイタチ,ツイタチ,4/4,*")

    /// Days up to the tenth.
    static let days = compounds([
        "一": "一日,名詞,副詞可能,*,*,*,*,一日,イチニチ,イチニチ,4/4,*",
        "二": "二日,名詞,副詞可能,*,*,*,*,二日,フツカ,フツカ,0/3,*",
        "三": "三日,名詞,副詞可能,*,*,*,*,三日,ミッカ,ミッカ,0/3,*",
        "四": "四日,名詞,副詞可能,*,*,*,*,四日,ヨッカ,ヨッカ,0/3,*",
        "五": "五日,名詞,副詞可能,*,*,*,*,五日,イツカ,イツカ,0/3,*",
        "六": "六日,名詞,副詞可能,*,*,*,*,六日,ムイカ,ムイカ,0/3,*",
        "七": "七日,名詞,副詞可能,*,*,*,*,七日,ナノカ,ナノカ,0/3,*",
        "八": "八日,名詞,副詞可能,*,*,*,*,八日,ヨウカ,ヨーカ,0/3,*",
        "九": "九日,名詞,副詞可能,*,*,*,*,九日,ココノカ,ココノカ,0/4,*",
        "十": "十日,名詞,副詞可能,*,*,*,*,十日,トウカ,トーカ,0/3,*",
    ])

    /// Up to ten days long.
    static let durations = compounds([
        "一": "一日間,名詞,副詞可能,*,*,*,*,一日間,イチニチカン,イチニチカン,4/6,*",
        "二": "二日間,名詞,副詞可能,*,*,*,*,二日,フツカカン,フツカカン,3/5,*",
        "三": "三日間,名詞,副詞可能,*,*,*,*,三日,ミッカカン,ミッカカン,3/5,*",
        "四": "四日間,名詞,副詞可能,*,*,*,*,四日,ヨッカカン,ヨッカカン,3/5,*",
        "五": "五日間,名詞,副詞可能,*,*,*,*,五日,イツカカン,イツカカン,3/5,*",
        "六": "六日間,名詞,副詞可能,*,*,*,*,六日,ムイカカン,ムイカカン,3/5,*",
        "七": "七日間,名詞,副詞可能,*,*,*,*,七日,ナノカカン,ナノカカン,3/5,*",
        "八": "八日間,名詞,副詞可能,*,*,*,*,八日,ヨウカカン,ヨーカカン,3/5,*",
        "九": "九日間,名詞,副詞可能,*,*,*,*,九日,ココノカカン,ココノカカン,4/6,*",
        "十": "十日間,名詞,副詞可能,*,*,*,*,十日,トウカカン,トーカカン,3/5,*",
    ])

    /// The 14th and fourteen days, by the word behind the number.
    static let fourteen = compounds([
        "日": "十四日,名詞,副詞可能,*,*,*,*,十四日,ジュウヨッカ,ジューヨッカ,1/5,*",
        "日間": "十四日間,名詞,副詞可能,*,*,*,*,十四日間,ジュウヨッカカン,ジューヨッカカン,5/7,*",
    ])

    /// The 20th and twenty days.
    static let twenty = compounds([
        "日": "二十日,名詞,副詞可能,*,*,*,*,二十日,ハツカ,ハツカ,0/3,*",
        "日間": "二十日間,名詞,副詞可能,*,*,*,*,二十日間,ハツカカン,ハツカカン,3/5,*",
    ])

    /// The twenty of the 24th, and what follows it.
    static let twentyAlone = JapaneseWord(entry: "二十,名詞,副詞可能,*,*,*,*,二十,ニジュウ,ニジュー,1/3,*")
    static let fourBehindTwenty = compounds([
        "日": "四日,名詞,副詞可能,*,*,*,*,四日,ヨッカ,ヨッカ,0/3,*,0",
        "日間": "四日間,名詞,副詞可能,*,*,*,*,四日間,ヨッカカン,ヨッカカン,3/5,*,0",
    ])

    static func bytes(of list: String) -> [[UInt8]] {
        list.split(whereSeparator: \.isWhitespace).map { Array($0.utf8) }
    }

    private static func readings(_ list: String) -> [[UInt8]: [UInt8]] {
        let columns = bytes(of: list)
        let pairs = stride(from: 0, to: columns.count - 1, by: 2).map { (columns[$0], columns[$0 + 1]) }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    private static func sounds(_ list: String) -> KanaTable<[UInt8]> {
        KanaTable(list.split(separator: " ").map { (key: String($0.prefix(1)), value: Array($0.suffix(1).utf8)) })
    }

    private static func compounds(_ entries: [String: String]) -> [[UInt8]: JapaneseWord] {
        Dictionary(
            entries.map { (Array($0.key.utf8), JapaneseWord(entry: $0.value)) }, uniquingKeysWith: { first, _ in first }
        )
    }
}
