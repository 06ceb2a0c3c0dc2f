import Testing

@testable import Text

@Suite("Rewrite rules")
struct RewriteRuleTests {
    private func rewritten(_ text: String, by rules: [RewriteRule]) -> String {
        var scalars = Array(text.unicodeScalars)
        RewriteRule.apply(rules, to: &scalars)
        return scalars.text
    }

    @Test("words, one rule after the other, over what earlier ones wrote")
    func words() {
        let rules = [RewriteRule(word: "ab", with: "c"), RewriteRule(word: "cc", with: "d")]
        #expect(rewritten("xababy", by: rules) == "xdy")
        #expect(rewritten("abc ab", by: rules) == "d c")
        #expect(rewritten("", by: rules) == "")
    }

    @Test("what a match held is copied, and a blank only where there was one")
    func copies() {
        let rule = RewriteRule(
            [.one(of: ["a", "b"]), .optionalBlank, .one(of: ["c"])], [.copy(0), .copy(1), .scalar("d")])
        #expect(rewritten("ac b c a  c", by: [rule]) == "ad b d a  c")
    }

    @Test("a match takes its last character with it, so that none begins there")
    func consumption() {
        let rule = RewriteRule([.one(of: ["a"]), .one(of: ["b"]), .anyButOrEnd(["x"])], [.scalar("c"), .copy(2)])
        #expect(rewritten("abab", by: [rule]) == "cab")
        #expect(rewritten("ab", by: [rule]) == "c")
        #expect(rewritten("abx", by: [rule]) == "abx")
    }

    @Test("letters, digits and underscores stop a rule for the end of a word")
    func endOfWord() {
        let rule = RewriteRule([.one(of: ["a"]), .noLetterOrEnd], [.scalar("b"), .copy(1)])
        #expect(rewritten("a", by: [rule]) == "b")
        #expect(rewritten("a.a", by: [rule]) == "b.b")
        for stopped in ["ab", "a1", "a_", "a가"] {
            #expect(rewritten(stopped, by: [rule]) == stopped)
        }
    }
}
