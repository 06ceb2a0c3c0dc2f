import Testing

@testable import Text

/// Expected values are inflect's own.
@Suite("Number words")
struct NumberWordsTests {
    private func words(_ digits: String, and: Bool = true) -> String {
        NumberWords.cardinal(Array(digits.utf8), and: and)
    }

    @Test(
        "cardinals",
        arguments: [
            ("0", "zero"), ("000", "zero"), ("007", "seven"), ("19", "nineteen"), ("40", "forty"),
            ("99", "ninety-nine"),
            ("100", "one hundred"), ("101", "one hundred and one"), ("1000", "one thousand"),
            ("1001", "one thousand and one"),
            ("1021", "one thousand and twenty-one"), ("1100", "one thousand, one hundred"),
            ("1234567", "one million, two hundred and thirty-four thousand, five hundred and sixty-seven"),
            ("1000005", "one million and five"), ("1005000", "one million, five thousand"),
            ("1000000000000000000000000000000000", "one decillion"),
        ])
    func cardinals(_ digits: String, _ expected: String) {
        #expect(words(digits) == expected)
        #expect(words(digits, and: false) == expected.replacing(" and ", with: " "))
    }

    @Test("beyond the named powers digits are read one by one")
    func huge() {
        #expect(words("1" + String(repeating: "0", count: 36)) == "one" + String(repeating: " zero", count: 36))
        #expect(words(String(repeating: "7", count: 400)).split(separator: " ").count == 400)
    }

    @Test(
        "ordinals",
        arguments: [
            ("one", "first"), ("twenty", "twentieth"), ("twenty-two", "twenty-second"), ("twelve", "twelfth"),
            ("one hundred", "one hundredth"), ("zero", "zeroth"), ("eight", "eighth"),
        ])
    func ordinals(_ cardinal: String, _ expected: String) {
        #expect(NumberWords.ordinal(cardinal) == expected)
    }

    @Test(
        "ordinal endings of digits",
        arguments: [("1", "st"), ("12", "th"), ("22", "nd"), ("113", "th"), ("1003", "rd")])
    func suffixes(_ digits: String, _ expected: String) {
        #expect(NumberWords.ordinalSuffix(Array(digits.utf8)) == expected)
    }

    @Test("years", arguments: [(1905, "nineteen oh five"), (1066, "ten sixty-six"), (2024, "twenty twenty-four")])
    func years(_ year: Int, _ expected: String) {
        #expect(NumberWords.pairs(year) == expected)
    }
}
