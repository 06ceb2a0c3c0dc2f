extension JapaneseSentence {
    /// Reads numbers: as numbers or digit by digit, with their counters, dates and days.
    ///
    /// Upstream: Open JTalk 1.11, `njd_set_digit.c`.
    mutating func setDigits() {
        guard convertDigitRuns() else { return }
        removeSilentWords()
        guard head != nil else { return }
        readDecimalPoints()
        adjustCounters()
        adjustPowersOfTen()
        readNativeNumbers()
        readDaysOfTwoDigits()
        removeSilentWords()
    }

    /// Reads every run of digits, points and commas; false where there is no numeral at all.
    private mutating func convertDigitRuns() -> Bool {
        var found = false
        var run: [Int] = []
        var cursor = head
        while let index = cursor {
            let isNumeral = words[index].group1 == JapaneseTerm.numeral
            found = found || isNumeral
            if isNumeral, spellDigit(index) || words[index].isPoint || words[index].isComma {
                run.append(index)
                if index == tail {
                    convertDigits(run)
                }
            } else if !run.isEmpty {
                convertDigits(run)
                run = []
            }
            cursor = words[index].next
        }
        return found
    }

    /// Gives a digit the character by which the rules know it; false for anything else.
    private mutating func spellDigit(_ index: Int) -> Bool {
        guard let digit = DigitRules.digits[words[index].string] else { return false }
        words[index].string = digit.string
        words[index].base = digit.string
        return true
    }

    /// Puts "ten" for the point between digits, which lengthens or shortens what is before it.
    private mutating func readDecimalPoints() {
        var cursor = head.flatMap { words[$0].next }
        while let index = cursor, let previous = words[index].previous, let next = words[index].next {
            guard words[index].isPoint, words[previous].group1 == JapaneseTerm.numeral,
                words[next].group1 == JapaneseTerm.numeral
            else {
                cursor = next
                continue
            }
            words[index].become(DigitRules.point)
            words[index].chain = .joined
            if let reading = DigitRules.beforePoint[words[previous].string] {
                words[previous].pronunciation = reading
                words[previous].moraCount = 2
            } else if words[previous].string == DigitRules.six {
                words[previous].accent = 1
            }
            cursor = next
            while let following = cursor, words[following].partOfSpeech == JapaneseTerm.noun {
                cursor = words[following].next
            }
            cursor = cursor.flatMap { words[$0].next }
        }
    }

    /// Lets digits and counters change each other's sounds.
    private mutating func adjustCounters() {
        var cursor = head.flatMap { words[$0].next }
        while let index = cursor {
            cursor = words[index].next
            guard let previous = words[index].previous, words[previous].group1 == JapaneseTerm.numeral,
                words[index].isCounter
            else { continue }
            if let change = DigitRules.digitChange[words[index].string] {
                apply(change, to: previous)
            }
            if let change = DigitRules.counterChange[words[index].string] {
                apply(change, to: index, behind: previous)
            }
            words[previous].chain = .separate
            words[index].chain = .joined
        }
    }

    /// Lets digits and powers of ten change each other's sounds, and divides long numbers into accent phrases.
    private mutating func adjustPowersOfTen() {
        var cursor = head.flatMap { words[$0].next }
        while let index = cursor {
            cursor = words[index].next
            guard let previous = words[index].previous, words[previous].group1 == JapaneseTerm.numeral else { continue }
            let string = words[index].string
            if words[index].group1 == JapaneseTerm.numeral {
                let before = words[previous].string
                if DigitRules.units.contains(before), DigitRules.powersOfTen.contains(string) {
                    words[previous].chain = .separate
                    words[index].chain = .joined
                } else if DigitRules.powersOfTen.contains(before), DigitRules.units.contains(string) {
                    words[index].chain = .separate
                }
            }
            if string == DigitRules.hundred {
                apply(DigitRules.beforeHundred, to: previous)
            }
            if string == DigitRules.thousand || string == DigitRules.trillion {
                apply(DigitRules.beforeThousand, to: previous)
            }
            if string == DigitRules.hundred || string == DigitRules.thousand {
                apply(DigitRules.hundredsAndThousands, to: index, behind: previous)
            }
        }
    }

    /// Reads small numbers of persons, days and many things in the old way.
    private mutating func readNativeNumbers() {
        var cursor = head
        while let index = cursor {
            cursor = words[index].next
            guard let next = words[index].next, words[index].group1 == JapaneseTerm.numeral, words[next].isCounter,
                startsNumber(index)
            else { continue }
            if DigitRules.isNativeCounter(words[next]),
                let reading = DigitRules.nativeDigits[words[index].string]
            {
                words[index].reading = reading
                words[index].pronunciation = reading
                words[index].accent = 0
                words[index].moraCount = 2
            }
            if let compound = compound(index, next) {
                words[index].become(compound)
                words[next].pronunciation = []
            }
        }
    }

    private func startsNumber(_ index: Int) -> Bool {
        guard let previous = previous(of: index) else { return true }
        return previous.partOfSpeech == JapaneseTerm.symbol || previous.group1 != JapaneseTerm.numeral
    }

    /// The word for a digit and its counter together.
    private func compound(_ index: Int, _ next: Int) -> JapaneseWord? {
        let digit = words[index].string
        switch words[next].string {
        case DigitRules.person:
            return DigitRules.persons[digit]
        case DigitRules.day:
            let followsMonth = previous(of: index).map { $0.string.holds(DigitRules.month) } ?? false
            return followsMonth && digit == DigitRules.one ? DigitRules.firstOfMonth : DigitRules.days[digit]
        case DigitRules.daysLong:
            return DigitRules.durations[digit]
        default:
            return nil
        }
    }

    /// Reads the 14th, the 20th and the 24th, and as many days.
    private mutating func readDaysOfTwoDigits() {
        var cursor = head
        while let index = cursor {
            cursor = words[index].next
            guard previous(of: index)?.group1 != JapaneseTerm.numeral, let second = words[index].next,
                let third = words[second].next
            else { continue }
            if words[index].string == DigitRules.ten, words[second].string == DigitRules.four {
                guard let day = DigitRules.fourteen[words[third].string] else { continue }
                words[index].become(day)
                words[second].pronunciation = []
                words[third].pronunciation = []
            } else if words[index].string == DigitRules.two, words[second].string == DigitRules.ten {
                if let day = DigitRules.twenty[words[third].string] {
                    words[index].become(day)
                    words[second].pronunciation = []
                    words[third].pronunciation = []
                } else if words[third].string == DigitRules.four, let fourth = words[third].next,
                    let day = DigitRules.fourBehindTwenty[words[fourth].string]
                {
                    words[index].become(DigitRules.twentyAlone)
                    words[second].become(day)
                    words[third].pronunciation = []
                    words[fourth].pronunciation = []
                }
            }
        }
    }

    private mutating func apply(_ change: DigitChange, to index: Int) {
        guard let sound = change.sounds[words[index].string] else { return }
        words[index].pronunciation = sound.pronunciation
        words[index].accent = sound.accent
        words[index].moraCount = sound.moraCount
    }

    private mutating func apply(_ change: CounterChange, to index: Int, behind digit: Int) {
        guard let voicing = change.voicings[words[digit].string] else { return }
        let table =
            switch voicing {
            case .voiced: DigitRules.voiced
            case .halfVoiced: DigitRules.halfVoiced
            }
        let pronunciation = words[index].pronunciation
        guard let (length, sound) = table.longestMatch(in: pronunciation, at: 0) else { return }
        words[index].pronunciation = sound + pronunciation[length...]
    }
}

extension JapaneseWord {
    var isPoint: Bool { string == DigitRules.fullStop || string == DigitRules.middleDot }
    var isComma: Bool { string == DigitRules.comma }
    var isCounter: Bool { group2 == JapaneseTerm.counter || group1 == JapaneseTerm.adverbial }
}
