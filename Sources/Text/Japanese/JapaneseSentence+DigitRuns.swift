extension JapaneseSentence {
    /// Reads a run of digits, points and commas.
    ///
    /// A part up to a point is read as one number where commas divide all of it into threes; otherwise the part up to the
    /// next comma is read as one number or digit by digit, whichever its surroundings speak for.
    ///
    /// - Parameter run: the indices of the run's words, neighbours of each other.
    mutating func convertDigits(_ run: [Int]) {
        var part: IntegerPart?
        var start = 0
        while start < run.count {
            if words[run[start]].isComma || words[run[start]].isPoint {
                start += 1
                continue
            }
            // What is found about a part is kept while its commas are passed one by one: long lists stay cheap.
            let current = part.flatMap { $0.last >= start ? $0 : nil } ?? IntegerPart(of: run, from: start, in: words)
            part = current
            let comma = current.commas.first { $0 >= start }
            let hasLeadingZero = start != current.last && DigitRules.value(of: words[run[start]]) == 0
            if !hasLeadingZero, comma != nil, start >= current.firstInStep {
                for place in start..<current.last where words[run[place]].isComma { remove(run[place]) }
                readAsNumber(run[start...current.last].filter { !words[$0].isComma })
                start = current.last + 1
            } else {
                let last = comma.map { $0 - 1 } ?? current.last
                if !hasLeadingZero, score(run[start], run[last]) >= 0 {
                    readAsNumber(Array(run[start...last]))
                } else {
                    readDigitByDigit(run[start...last])
                }
                start = last + 1
                part?.dropCommas(before: start)
            }
        }
    }

    /// How much the surroundings of digits speak for reading them as a number; below 0, for single digits.
    private func score(_ first: Int, _ last: Int) -> Int {
        var score = 0
        if let index = words[first].previous {
            let previous = words[index]
            let beforePrevious = words[index].previous.map { words[$0] }
            let followsNumeral = beforePrevious?.group1 == JapaneseTerm.numeral
            if previous.group1 == JapaneseTerm.numeralPrefix { score += 2 }
            if previous.isCounter { score += 1 }
            if previous.isPoint {
                if followsNumeral { score -= 5 }
            } else if DigitRules.hyphens.contains(previous.string) || previous.string == DigitRules.closing
                || previous.string == DigitRules.number
            {
                score -= 2
            } else if previous.string == DigitRules.opening {
                if followsNumeral { score -= 2 }
            }
            if beforePrevious?.string == DigitRules.number { score -= 2 }
        }
        if let index = words[last].next {
            let next = words[index]
            if next.isCounter { score += 2 }
            if DigitRules.hyphens.contains(next.string) || next.string == DigitRules.opening
                || next.string == DigitRules.number
            {
                score -= 2
            } else if next.string == DigitRules.closing {
                if self.next(of: index)?.group1 == JapaneseTerm.numeral { score -= 2 }
            } else if next.isPoint {
                score += 4
            }
        }
        return score
    }

    /// Digits in pairs, each of two moras where that is usual.
    private mutating func readDigitByDigit(_ digits: ArraySlice<Int>) {
        guard digits.count > 1 else { return }
        for (place, index) in digits.enumerated() {
            if let reading = DigitRules.alone[words[index].string] {
                words[index].pronunciation = reading
                words[index].moraCount = 2
            }
            words[index].chainRule = []
            if place % 2 == 0 {
                words[index].chain = .separate
            } else {
                words[index].chain = .joined
                if let previous = words[index].previous {
                    words[previous].accent = 3
                }
            }
        }
    }

    /// Digits with their powers of ten between them; more than 72 stay as they are.
    private mutating func readAsNumber(_ digits: [Int]) {
        guard digits.count > 1 else { return }
        // Counted from the right: the group of four digits, and the place within it.
        var group = (digits.count - 1) / 4
        var place = (digits.count - 1) % 4
        guard group < DigitRules.groups.count else { return }
        var isGroupSpoken = false
        for index in digits {
            let digit = DigitRules.value(of: words[index])
            if place == 0 {
                if digit == 0 {
                    silence(index)
                } else {
                    isGroupSpoken = true
                }
                if isGroupSpoken, let name = DigitRules.groups[group] {
                    _ = insert(name, after: index)
                }
                isGroupSpoken = false
                group -= 1
                place = 3
            } else {
                if let digit, digit > 0, let name = DigitRules.places[place] {
                    if digit == 1 {
                        words[index].become(name)
                    } else {
                        _ = insert(name, after: index)
                    }
                    isGroupSpoken = true
                } else {
                    silence(index)
                }
                place -= 1
            }
        }
    }

    private mutating func silence(_ index: Int) {
        words[index].pronunciation = []
        words[index].accent = 0
        words[index].moraCount = 0
    }
}

/// The part of a run of digits up to a point.
private struct IntegerPart {
    /// The place of its last digit.
    let last: Int
    /// From this place on, every fourth character from the right is a comma and no other.
    let firstInStep: Int
    /// The places of its commas.
    private(set) var commas: ArraySlice<Int>

    init(of run: [Int], from start: Int, in words: [JapaneseWord]) {
        var last = start
        while last + 1 < run.count, !words[run[last + 1]].isPoint {
            last += 1
        }
        while last > start, words[run[last]].isComma {
            last -= 1
        }
        var firstInStep = last + 1
        while firstInStep > start, words[run[firstInStep - 1]].isComma == ((last - firstInStep + 1) % 4 == 3) {
            firstInStep -= 1
        }
        self.last = last
        self.firstInStep = firstInStep
        commas = (start...last).filter { words[run[$0]].isComma }[...]
    }

    mutating func dropCommas(before place: Int) {
        commas = commas.drop { $0 < place }
    }
}
