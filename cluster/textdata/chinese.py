"""Mandarin: jieba's words and tags, pypinyin's readings, and the tables around the network for polyphonic characters.

Everything is laid out so that it can be used as it lies in the file: words as tries, probabilities as logarithms.
"""

import ast
import json
import math

from .common import Resource, SetupError, byte_table, packed, unpickled, write_sections

NOTHING = "Chinese cannot be spoken"
GUESSES = "words outside the dictionary are split wrongly"
WITHOUT_NETWORK = "the network for polyphonic characters cannot be used"


def jieba(key, path, sha256, purpose, without):
    return Resource(key, "jieba", "0.42.1", "jieba/" + path, sha256, "MIT", purpose, without)


def pypinyin(key, path, sha256, purpose, without):
    return Resource(key, "pypinyin", "0.55.0", "pypinyin/" + path, sha256, "MIT", purpose, without)


def gpt_sovits(key, path, sha256, licence, purpose, without):
    return Resource(key, "gpt-sovits-cpufast", "0.1.0", "GPT_SoVITS/" + path, sha256, licence, purpose, without)


def opencc(name, sha256, purpose):
    path = f"opencc/clib/share/opencc/{name}"
    return Resource(name, "OpenCC", "1.4.2", path, sha256, "Apache-2.0", purpose, WITHOUT_NETWORK)


RESOURCES = [
    jieba(
        "words",
        "dict.txt",
        "7197c3211ddd98962b036cdf40324d1ea2bfaa12bd028e68faa70111a88e12a8",
        "Chinese words with counts and parts of speech",
        NOTHING,
    ),
    jieba(
        "tagger-states",
        "posseg/char_state_tab.p",
        "c0ef4bb3d698eed188225d430ac291000b30c3d6e253a538d26b7ac9687424b1",
        "the parts of speech that characters of unknown words can have",
        GUESSES,
    ),
    jieba(
        "tagger-emit",
        "posseg/prob_emit.p",
        "449b2304b6c73034187d3c8a6f26a7a20037f4ab45659844acd0ef2114171fa8",
        "the model that tags unknown words",
        GUESSES,
    ),
    jieba(
        "tagger-start",
        "posseg/prob_start.p",
        "0fb0fbc6b1840d35a5a8499cff0ae75e06af788e348f9b4b8b9630804cd6cf09",
        "the model that tags unknown words",
        GUESSES,
    ),
    jieba(
        "tagger-transition",
        "posseg/prob_trans.p",
        "236726f5a4efc2f023652925ca1e94f1fe4bfcb9d60224e9db3de0135b21385b",
        "the model that tags unknown words",
        GUESSES,
    ),
    jieba(
        "splitter-emit",
        "finalseg/prob_emit.p",
        "1e1d1d835b0c77d234acaa6afa23a13ffce597a295be0d7a1ece6a0d440dcf08",
        "the model that splits unknown words",
        GUESSES,
    ),
    jieba(
        "splitter-start",
        "finalseg/prob_start.p",
        "dfd45976dd4f8f2bc12535a680a178bf9e75eaa38bdfdcb844469e54468d6245",
        "the model that splits unknown words",
        GUESSES,
    ),
    jieba(
        "splitter-transition",
        "finalseg/prob_trans.p",
        "ea7f50162ffa01db4973c7a8120b3c0233fbc5819fc0d617513535f1f2c7fedc",
        "the model that splits unknown words",
        GUESSES,
    ),
    pypinyin(
        "phrases",
        "phrases_dict.json",
        "a45ff140a6b631ca9c82127b280a2f414e0aba6bb2824a0e9d1e77fff359c665",
        "readings of Chinese phrases",
        "characters with several readings are often read wrongly",
    ),
    pypinyin(
        "characters",
        "pinyin_dict.json",
        "5f294c01e6c6c0a1c8e329c79335a3f8e0b27d06bf1de7a99244b765892d1e5b",
        "readings of Chinese characters",
        NOTHING,
    ),
    gpt_sovits(
        "traditional",
        "text/zh_normalization/char_convert.py",
        "df066ce8e2a3385c7f3b4749f02049f2fdbabbfcc76e6784462a99f0347795e7",
        "Apache-2.0 (PaddleSpeech)",
        "simplified forms of traditional characters",
        "traditional characters are read wrongly or not at all",
    ),
    gpt_sovits(
        "phones",
        "text/opencpop-strict.txt",
        "d66bbb1380a8ebf17d7ace5bf4b459f3728a469eea2aaeae2aeb3969b88223ff",
        "MIT",
        "the phones of pinyin syllables",
        NOTHING,
    ),
    gpt_sovits(
        "corrections",
        "text/g2pw/polyphonic.rep",
        "a8f13e2004702cbbf01e2e3fe8436d9d620a0fe4d57176a844704619ffd5df5e",
        "MIT",
        "words whose characters the network reads wrongly",
        WITHOUT_NETWORK,
    ),
    gpt_sovits(
        "more-corrections",
        "text/g2pw/polyphonic-fix.rep",
        "6444b2ad4a1070dad9b16c7e47271910a69349ff079e8d8e236c8818209b65f4",
        "MIT",
        "words whose characters the network reads wrongly",
        WITHOUT_NETWORK,
    ),
    gpt_sovits(
        "polyphonic",
        "text/G2PWModel/POLYPHONIC_CHARS.txt",
        "cc7e5a3eb377e3289af5e3a6be7505ac11a0d21422f80cfbf161059798f8671b",
        "Apache-2.0 (g2pW)",
        "characters with several readings",
        WITHOUT_NETWORK,
    ),
    gpt_sovits(
        "monophonic",
        "text/G2PWModel/MONOPHONIC_CHARS.txt",
        "fe7ed53098648441a94f414ed5fd3395789d1dceb98dc1e584489c2d43036b69",
        "Apache-2.0 (g2pW)",
        "characters with one reading",
        WITHOUT_NETWORK,
    ),
    gpt_sovits(
        "tokens",
        "pretrained_models/chinese-roberta-wwm-ext-large/tokenizer.json",
        "173796956820ea27bd14f76bf28162607ff4254807e2948253eb5b46f5bb643b",
        "Apache-2.0",
        "the characters that the network knows",
        WITHOUT_NETWORK,
    ),
    Resource(
        "bopomofo",
        "g2pw",
        "0.1.2",
        "g2pw/bopomofo_to_pinyin_wo_tune_dict.json",
        "0fe90e26be7653023772b3ad2d08952961bbf295fb39ba685c7172d3d9769f52",
        "Apache-2.0",
        "pinyin of the syllables that the network names",
        WITHOUT_NETWORK,
    ),
    opencc(
        "STPhrases.ocd2",
        "c472f936ab624e8887ed48c2572d0af68b904f0be72d98e237a6b8c1f5de024d",
        "traditional characters of simplified phrases",
    ),
    opencc(
        "STPhrases_GeneratedFromRegionalPhrases.ocd2",
        "815bbb98c644095fb0bfd76dbf259b9da4350a19d4927b2342e7928fb26b20e2",
        "traditional characters of simplified phrases",
    ),
    opencc(
        "STCharacters.ocd2",
        "94639fe1d2bbeb3dcb4f29a297cda70ecfd26425b8a935f4b6bac0746c3987f2",
        "traditional characters of simplified ones",
    ),
    opencc(
        "TWVariantsPhrases.ocd2",
        "a9c356943779f1d9af8b38751fe9222a02dc211a56c83f83871cfc8558afe178",
        "the forms of characters that Taiwan uses",
    ),
    opencc(
        "TWVariants.ocd2",
        "ed89fe928857500a77cbb601be4a1769da34ce863875eaae18d1d50bd036db5e",
        "the forms of characters that Taiwan uses",
    ),
]

FIRST_IDEOGRAPH, LAST_IDEOGRAPH = 0x4E00, 0x9FA5
NONE_16, NONE_32 = 0xFFFF, 0xFFFFFFFF


# Tries --------------------------------------------------------------------------------------------------------------


def trie(name, words):
    """The sections of a trie of sorted words, and for each node the number of the word that ends there, or None.

    Nodes are numbered breadth first, so that a node's children are consecutive, sorted by character.
    """
    characters, children, ending = [0], [], []
    level = [(0, len(words))]
    depth = 0
    while level:
        following = []
        for low, high in level:
            ends = low < high and len(words[low]) == depth
            ending.append(low if ends else None)
            children.append(len(characters))
            low += ends
            while low < high:
                character, start = words[low][depth], low
                while low < high and words[low][depth] == character:
                    low += 1
                characters.append(ord(character))
                following.append((start, low))
        level = following
        depth += 1
    children.append(len(characters))
    return [(name + ".character", packed("I", characters)), (name + ".children", packed("I", children))], ending


def reading_trie(name, readings, number):
    """A trie of words with the numbers of their syllables."""
    words = sorted(readings)
    sections, ending = trie(name, words)
    starts, syllables = [], []
    for word in ending:
        if word is None:
            starts.append(NONE_32)
        else:
            starts.append(len(syllables))
            syllables += [number[syllable] for syllable in readings[words[word]]]
    return sections + [(name + ".reading", packed("I", starts)), (name + ".syllable", packed("H", syllables))]


# Characters ---------------------------------------------------------------------------------------------------------


def convert_characters(files, path):
    values = {}
    for statement in ast.parse(files["traditional"].decode("utf-8")).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            values[statement.targets[0].id] = statement.value.value
    simplified = dict(zip(values["traditional_characters"], values["simplified_charcters"]))
    pairs = sorted((ord(one), ord(other)) for one, other in simplified.items() if one != other)
    sections = [
        ("traditional", packed("I", [one for one, _ in pairs])),
        ("simplified", packed("I", [other for _, other in pairs])),
    ]
    write_sections(path, sections)
    return f"{len(pairs):,} traditional characters"


# Words --------------------------------------------------------------------------------------------------------------


def convert_words(files, path):
    """Scores are natural logarithms of probabilities, as jieba computes them while it searches."""
    entries, total = {}, 0
    for line in files["words"].decode("utf-8").splitlines():
        word, count, tag = line.strip().split(" ")
        entries[word] = (int(count), tag)
        total += int(count)
    log_total = math.log(total)
    words = sorted(entries)
    sections, ending = trie("word", words)
    states = sorted(unpickled(files["tagger-start"]))
    tags = sorted({tag for _, tag in entries.values()} | {tag for _, tag in states})
    number = {tag: index for index, tag in enumerate(tags)}
    # No logarithm of a probability is positive.
    scores = [1.0 if word is None else math.log(entries[words[word]][0]) - log_total for word in ending]
    sections += [
        ("word.score", packed("d", scores)),
        ("word.tag", bytes(0 if word is None else number[entries[words[word]][1]] for word in ending)),
        ("unknown.score", packed("d", [0.0 - log_total])),
    ]
    sections += byte_table("tag", [tag.encode("ascii") for tag in tags])
    sections += tagger_sections(files, states, number) + splitter_sections(files)
    write_sections(path, sections)
    return f"{len(words):,} words, {len(ending):,} nodes"


def by_character(name, table, columns):
    """Lists of entries for each character, one column for each of their fields."""
    characters = sorted(table)
    ends, fields = [0], [[] for _ in columns]
    for character in characters:
        for entry in sorted(table[character]):
            for field, value in zip(fields, entry):
                field.append(value)
        ends.append(len(fields[0]))
    sections = [(name + ".character", packed("I", map(ord, characters))), (name + ".index", packed("I", ends))]
    return sections + [(f"{name}.{column}", packed(code, field)) for (column, code), field in zip(columns, fields)]


def tagger_sections(files, states, number):
    """The hidden Markov model over positions in a word with a tag. States keep the order by which it breaks ties."""
    start, transition = unpickled(files["tagger-start"]), unpickled(files["tagger-transition"])
    emission, possible = unpickled(files["tagger-emit"]), unpickled(files["tagger-states"])
    index = {state: place for place, state in enumerate(states)}
    emitted = {}
    for state, row in emission.items():
        for character, score in row.items():
            emitted.setdefault(character, []).append((index[state], score))
    moves = [transition[one].get(other, -math.inf) for one in states for other in states]
    observed = {character: [(index[state],) for state in listed] for character, listed in possible.items()}
    sections = [
        ("state.position", bytes(ord(position) for position, _ in states)),
        ("state.tag", bytes(number[tag] for _, tag in states)),
        ("state.start", packed("d", [start[state] for state in states])),
        ("state.transition", packed("d", moves)),
    ]
    sections += by_character("emit", emitted, [("state", "B"), ("score", "d")])
    return sections + by_character("observed", observed, [("state", "B")])


MISSING = -3.14e100


def splitter_sections(files):
    """The hidden Markov model over positions in a word: begin, end, middle, single."""
    start, transition = unpickled(files["splitter-start"]), unpickled(files["splitter-transition"])
    emission = unpickled(files["splitter-emit"])
    characters = sorted(set().union(*emission.values()))
    scores = [emission[state].get(character, MISSING) for character in characters for state in "BEMS"]
    return [
        ("splitter.start", packed("d", [start[state] for state in "BEMS"])),
        ("splitter.transition", packed("d", [transition[a].get(b, MISSING) for a in "BEMS" for b in "BEMS"])),
        ("splitter.character", packed("I", map(ord, characters))),
        ("splitter.score", packed("d", scores)),
    ]


# Readings -----------------------------------------------------------------------------------------------------------

TONE_MARKS = {
    mark: letter + str(tone)
    for letter, marks in {"a": "āáǎà", "e": "ēéěè", "i": "īíǐì", "o": "ōóǒò", "u": "ūúǔù", "v": "ǖǘǚǜ"}.items()
    for tone, mark in enumerate(marks, start=1)
}
TONE_MARKS.update({"ü": "v", "ń": "n2", "ň": "n3", "ǹ": "n4", "ḿ": "m2", "ế": "ê2", "ề": "ê4"})
# Letters and a combining mark.
TONE_MARKS.update({"m̄": "m1", "m̀": "m4", "ê̄": "ê1", "ê̌": "ê3"})
NEUTRAL = "5"


def numbered(reading):
    """A syllable with its tone as a digit at the end: "zhōng" becomes "zhong1", "ma" becomes "ma5"."""
    for mark in sorted(TONE_MARKS, key=len, reverse=True):
        reading = reading.replace(mark, TONE_MARKS[mark])
    tone = next((letter for letter in reading if letter.isdigit()), NEUTRAL)
    return "".join(letter for letter in reading if not letter.isdigit()) + tone


def character_readings(files):
    """The first reading of each character. That of 噷 cannot be spoken, the next one can."""
    readings = {}
    for code, listed in json.loads(files["characters"]).items():
        choices = [numbered(reading) for reading in listed.split(",")]
        readings[int(code)] = next((choice for choice in choices if choice != "hm5"), choices[0])
    return readings


def phrase_readings(files):
    phrases = json.loads(files["phrases"])
    return {phrase: [numbered(readings[0]) for readings in listed] for phrase, listed in phrases.items()}


def corrections(files):
    words = {}
    for key in ("corrections", "more-corrections"):
        for line in files[key].decode("utf-8").splitlines():
            word, _, readings = line.partition(":")
            words[word.strip()] = ast.literal_eval(readings.strip())
    # Upstream has this one besides.
    words["唑"] = ["zuo4"]
    return words


def columns(data):
    return [line.split("\t") for line in data.decode("utf-8").strip().split("\n")]


def bopomofo_pinyin(files):
    """The pinyin of a syllable in bopomofo with its tone, or None for one that the table lacks."""
    names = json.loads(files["bopomofo"])
    return lambda syllable: names[syllable[:-1]] + syllable[-1] if syllable[:-1] in names else None


def syllable_numbers(files):
    """One numbering for all files."""
    pinyin = bopomofo_pinyin(files)
    found = set(character_readings(files).values())
    for readings in [*phrase_readings(files).values(), *corrections(files).values()]:
        found.update(readings)
    for key in ("polyphonic", "monophonic"):
        found.update(pinyin(syllable) for _, syllable in columns(files[key]))
    found.discard(None)
    return {syllable: index for index, syllable in enumerate(sorted(found))}


def convert_readings(files, path):
    number = syllable_numbers(files)
    readings = character_readings(files)
    phones = {}
    for line in files["phones"].decode("utf-8").splitlines():
        pinyin, spoken = line.strip().split("\t")
        phones[pinyin] = spoken.split(" ")
    keys = sorted(phones)
    firsts = [
        number[readings[code]] if code in readings else NONE_16
        for code in range(FIRST_IDEOGRAPH, LAST_IDEOGRAPH + 1)
    ]
    sections = byte_table("syllable", [syllable.encode("utf-8") for syllable in number])
    # Characters that only conversion to traditional ones brings up.
    others = sorted(code for code in readings if not FIRST_IDEOGRAPH <= code <= LAST_IDEOGRAPH)
    sections += [
        ("ideograph.syllable", packed("H", firsts)),
        ("other.character", packed("I", others)),
        ("other.syllable", packed("H", [number[readings[code]] for code in others])),
    ]
    sections += reading_trie("phrase", phrase_readings(files), number)
    sections += byte_table("pinyin", [key.encode("ascii") for key in keys])
    sections += byte_table("pinyin.initial", [phones[key][0].encode("ascii") for key in keys])
    sections += byte_table("pinyin.final", [phones[key][1].encode("ascii") for key in keys])
    write_sections(path, sections)
    return f"{len(readings):,} characters, {len(number):,} syllables"


# Polyphonic characters ----------------------------------------------------------------------------------------------

# Upstream asks the dictionary about these, and not the network; and of two it does not believe the table.
NOT_ASKED = "一不和咋嗲剖差攢倒難奔勁拗肖瘙誒泊听噢"
NOT_MONOPHONIC = "似攢"


def convert_polyphones(files, path):
    number = syllable_numbers(files)
    pinyin = bopomofo_pinyin(files)
    polyphonic = columns(files["polyphonic"])
    labels = sorted({syllable for _, syllable in polyphonic})
    place = {label: index for index, label in enumerate(labels)}
    allowed = {}
    for character, syllable in polyphonic:
        allowed.setdefault(character, set()).add((place[syllable],))
    monophonic = {character: pinyin(syllable) for character, syllable in columns(files["monophonic"])}
    monophonic = {
        ord(character): number[syllable]
        for character, syllable in sorted(monophonic.items())
        if syllable is not None and character not in NOT_MONOPHONIC
    }
    vocabulary = json.loads(files["tokens"])["model"]["vocab"]
    tokens = sorted((ord(token), index) for token, index in vocabulary.items() if len(token) == 1)
    if max(index for _, index in tokens) >= NONE_16:
        raise SetupError("the tokenizer's vocabulary is larger than expected")
    sections = by_character("polyphone", allowed, [("label", "H")])
    sections += [
        ("polyphone.asked", bytes(character not in NOT_ASKED for character in sorted(allowed))),
        ("label.syllable", packed("H", [number.get(pinyin(label), NONE_16) for label in labels])),
        ("monophone.character", packed("I", monophonic)),
        ("monophone.syllable", packed("H", monophonic.values())),
        ("token.character", packed("I", [character for character, _ in tokens])),
        ("token.id", packed("H", [index for _, index in tokens])),
        ("token.special", packed("H", [vocabulary[name] for name in ("[CLS]", "[SEP]", "[UNK]")])),
    ]
    sections += byte_table("label.name", [label.encode("utf-8") for label in labels])
    sections += reading_trie("correction", corrections(files), number)
    write_sections(path, sections)
    return f"{len(allowed):,} polyphonic characters, {len(labels):,} labels"


# The library itself is the system's, whose own dictionaries are older than those of the Python package that upstream uses.
# Where two dictionaries of phrases have a match the newer library takes the longer one, the older the first, which is the
# same in this order.
PHRASES = ["STPhrases_GeneratedFromRegionalPhrases.ocd2", "STPhrases.ocd2"]
VARIANTS = ["TWVariantsPhrases.ocd2", "TWVariants.ocd2"]


def write_opencc_configuration(_, path):
    def group(names):
        return {"type": "group", "dicts": [{"type": "ocd2", "file": name} for name in names]}

    configuration = {
        "name": "Simplified characters to those of Taiwan",
        "segmentation": {"type": "mmseg", "dict": group(PHRASES)},
        "conversion_chain": [{"dict": group([*PHRASES, "STCharacters.ocd2"])}, {"dict": group(VARIANTS)}],
    }
    path.write_text(json.dumps(configuration, indent=2) + "\n")
    return "simplified to traditional characters"


def copy_dictionary(files, path):
    path.write_bytes(files[path.name])
    return f"{len(files[path.name]):,} bytes"


OUTPUTS = {
    "chinese-characters.bin": convert_characters,
    "chinese-words.bin": convert_words,
    "chinese-readings.bin": convert_readings,
    "chinese-polyphones.bin": convert_polyphones,
    **{f"opencc/{name}": copy_dictionary for name in [*PHRASES, "STCharacters.ocd2", *VARIANTS]},
    "opencc/s2tw.json": write_opencc_configuration,
}
