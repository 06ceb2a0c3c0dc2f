import Testing

@testable import Text

/// Expected values are upstream's own, but for inputs on which it raises an error.
@Suite("English normaliser")
struct EnglishNormalizerTests {
    private func expect(_ text: String, _ expected: String) {
        #expect(String(decoding: EnglishNormalizer.normalize(text), as: UTF8.self) == expected)
    }

    @Test(
        "numbers",
        arguments: [
            ("1. test ordinal 1st", "first, test ordinal first"),
            ("007. x", "seventh, x"),
            ("22nd 101st 0th 1th", "twenty-second one hundred and first zeroth first"),
            ("12,000 and 1,2,3", "twelve thousand and one hundred twenty-three"),
            ("3.14 and 3. 14", "three point one four and third, fourteen"),
            (
                "3/23, 1/2, 3/2, 1/3, 6/1, 0/2",
                "three twenty-thirds, one half, three halves, one third, six, zero halves"
            ),
            (
                "1905 2000 2007 1900 2010",
                "nineteen oh five two thousand two thousand seven nineteen hundred twenty ten"
            ),
            ("999 3000 12345", "nine hundred ninety-nine three thousand twelve thousand, three hundred forty-five"),
            ("100%", "one hundred percent"),
        ])
    func numbers(_ text: String, _ expected: String) {
        expect(text, expected)
    }

    @Test(
        "money",
        arguments: [
            ("32.3$, $6.24", "thirty-two dollars and thirty cents, six dollars and twenty-four cents"),
            ("1.1£, £7.14.", "one pound and ten pence, seven pounds and fourteen pence."),
            ("$1, £1.01, $0.01, $0", "one dollar, one pound and one penny, one cent, zero dollars"),
            ("$1.2.3", "one point two.three dollars"),
            // Upstream raises an error on these.
            ("$,5", "five dollars"), ("(5$)", "five dollars"), ("£,1.,5", "one pound and fifty pence"),
        ])
    func money(_ text: String, _ expected: String) {
        expect(text, expected)
    }

    @Test(
        "times and measurements",
        arguments: [
            ("4:00, 13:00, 13:30", "four o'clock a.m. one o'clock p.m. one thirty p.m."),
            ("0:05, 24:00, 9:5", "zero five a.m. twenty-fourzero, ninefive"),
            ("12:30:45 99:12:30", "twelve thirty p.m.forty-five ninety-ninetwelve thirty p.m."),
            (
                "20h, 1.2s, 1L, 0.1km, 1m",
                "twenty hours, one point two seconds, one liter, zero point one kilometers, one meter"
            ),
            ("5km/h, 5m/s", "five kilometersh, five meterss"),
            ("4°F, 23°C", "four degrees fahrenheit, twenty-three degrees celsius"),
        ])
    func measures(_ text: String, _ expected: String) {
        expect(text, expected)
    }

    @Test(
        "arithmetic",
        arguments: [
            ("It is -5 today", "It isnegative five today"), ("-7", "negative seven"),
            ("2 + 2 = 4", "two plus two Equals four"),
            ("x² - y² = 1 ÷ 3 × .5", "x minus y Equals one divided by three times five"),
            ("cat - dog", "cat minus dog"),
            ("٣ + 4", " plus four"), ("a-b + c", "a-b plus c"), ("1 + ", "one  "),
        ])
    func arithmetic(_ text: String, _ expected: String) {
        expect(text, expected)
    }

    @Test(
        "letters and marks",
        arguments: [
            ("i.e. this, E.G. that", "that is this, for example that"),
            ("MyGO and NASA, iPhone", "My G O and N A S A, i Phone"), ("a;b:c", "abc"),
            ("café naïve \u{212B} \u{212A} ß", "cafe naive A K "), ("cafe\u{301}", "cafe"),
            ("wait... what?! -- no , yes", "wait. what?  no  yes"), ("你好 world。", " world."), ("isn’t", "isnt"),
            ("a[;:：，；]b[\"’]c", "a,b'c"), ("", ""), ("\u{301}", ""),
        ])
    func letters(_ text: String, _ expected: String) {
        expect(text, expected)
    }

    @Test("numbers without a name are read digit by digit")
    func hugeNumbers() {
        expect(String(repeating: "9", count: 400), Array(repeating: "nine", count: 400).joined(separator: " "))
        expect(
            String(repeating: "1", count: 40) + "th",
            Array(repeating: "one", count: 39).joined(separator: " ") + " first")
    }
}
