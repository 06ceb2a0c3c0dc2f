extension JapaneseSentence {
    /// Decides for each word whether it goes on with the accent phrase of the one before, where that is still open.
    ///
    /// Upstream: Open JTalk 1.11, `njd_set_accent_phrase.c`, whose later rules overrule the earlier ones.
    mutating func setAccentPhrases() {
        guard let head else { return }
        var previous = head
        while let index = words[previous].next {
            if words[index].chain == .undecided {
                words[index].chain = words[index].joins(words[previous]) ? .joined : .separate
            }
            previous = index
        }
    }
}

extension JapaneseWord {
    fileprivate func joins(_ previous: JapaneseWord) -> Bool {
        typealias Term = JapaneseTerm
        let isNoun = partOfSpeech == Term.noun
        let isAdjective = partOfSpeech == Term.adjective
        let isVerb = partOfSpeech == Term.verb
        let isAncillary = partOfSpeech == Term.particle || partOfSpeech == Term.auxiliary
        let followsNoun = previous.partOfSpeech == Term.noun
        let followsVerb = previous.partOfSpeech == Term.verb
        let followsAdjective = previous.partOfSpeech == Term.adjective
        let followsParticle = previous.partOfSpeech == Term.particle

        var joins = true
        // Rules 2 to 5: two nouns go together; adjectives and verbs do not go with what they modify.
        if followsAdjective, isNoun { joins = false }
        if followsNoun, previous.group1 == Term.adjectivalNoun, isNoun { joins = false }
        if followsVerb, isAdjective || isNoun { joins = false }
        // Rules 6 and 7: these stand alone.
        if standsAlone || previous.standsAlone { joins = false }
        if followsNoun, previous.group1 == Term.adverbial { joins = false }
        if isNoun, group1 == Term.adverbial { joins = false }
        // Rules 8 and 9: particles and auxiliaries lean on what is before, and nothing but their like leans on them.
        if isAncillary { joins = true }
        if !isAncillary, followsParticle || previous.partOfSpeech == Term.auxiliary { joins = false }
        // Rule 10
        if previous.group1 == Term.suffix, isNoun { joins = false }
        // Rules 11 and 12: dependent adjectives and verbs lean on what they complete.
        if group1 == Term.dependent {
            let followsContinuative = previous.conjugationForm.starts(with: Term.continuative)
            if isAdjective {
                if followsVerb || followsAdjective {
                    if followsContinuative { joins = true }
                } else if followsParticle, previous.group1 == Term.conjunctiveParticle {
                    if previous.string == Self.te || previous.string == Self.de { joins = true }
                }
            } else if isVerb {
                if followsVerb {
                    if followsContinuative { joins = true }
                } else if followsNoun, previous.group1 == Term.verbalNoun {
                    joins = true
                }
            }
        }
        // Rule 13
        if followsNoun, isVerb || isAdjective || group1 == Term.adjectivalNoun { joins = false }
        // Rules 14 and 15
        if partOfSpeech == Term.symbol || previous.partOfSpeech == Term.symbol { joins = false }
        if partOfSpeech == Term.prefix { joins = false }
        // Rules 16 and 17: names of persons
        if previous.group3 == Term.familyName, isNoun { joins = false }
        if followsNoun, group3 == Term.givenName { joins = false }
        // Rule 18
        if group1 == Term.suffix { joins = true }
        return joins
    }

    private var standsAlone: Bool {
        partOfSpeech == JapaneseTerm.adverb || partOfSpeech == JapaneseTerm.conjunction
            || partOfSpeech == JapaneseTerm.adnominal
    }

    private static let te = JapaneseTerm.bytes("て")
    private static let de = JapaneseTerm.bytes("で")
}
