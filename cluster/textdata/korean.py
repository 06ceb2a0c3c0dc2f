"""Korean: mecab-ko-dic, which MeCab's Korean branch analyses with, and the rule tables of g2pk2.

Debian's MeCab lacks the Korean branch's penalty for particles and endings behind a blank, so that the front-end searches
the dictionary itself. It needs neither the readings nor the words' parts in it, which leaves half of the bytes.
"""

import struct

from .common import Resource, SetupError, byte_table, packed, write_sections

DICTIONARY_LICENCE = "Apache-2.0 (mecab-ko-dic, python-mecab-ko-dic)"
NOTHING = "no Korean can be read"


def dictionary_file(name, sha256, purpose):
    return Resource(
        key=name,
        package="python-mecab-ko-dic",
        version="2.1.1.post2",
        path=f"mecab_ko_dic/dictionary/{name}",
        sha256=sha256,
        licence=DICTIONARY_LICENCE,
        purpose=purpose,
        without=NOTHING,
    )


def rules_file(name, sha256, purpose, without):
    return Resource(
        key=name,
        package="g2pk2",
        version="0.0.3",
        path=f"g2pk2/{name}",
        sha256=sha256,
        licence="Apache-2.0",
        purpose=purpose,
        without=without,
    )


RESOURCES = [
    dictionary_file(
        "sys.dic",
        "e4652856d13821a391e9cde47de44532d708aa5f859ae730b5377b93d52db765",
        "Korean morphemes with their classes and costs",
    ),
    dictionary_file(
        "unk.dic",
        "46042dfede05bcad59e263a2039e9f2e85912adb00fc2dea040d419c691b3151",
        "what words that no dictionary holds may be",
    ),
    dictionary_file(
        "char.bin",
        "3d23b2d8f416f2c04f16cef28a1733f6634d0db004bb164d95ea88df3c6fe8db",
        "the kinds of characters",
    ),
    dictionary_file(
        "matrix.bin",
        "e558a8064721b4492c465f9ed55dabd5655257b63bbe68fb15bf7d054bb5a7cc",
        "how well two morphemes go together",
    ),
    dictionary_file(
        "dicrc",
        "f8451a62428211d5af66ec59adf918ac9e4766e4f6c59da1a149c547c08f5df8",
        "what a blank in front of a morpheme costs",
    ),
    rules_file(
        "idioms.txt",
        "0c9c0d3943ace39bcca261291f3cb40dc7dd121ad325433dd7f7e014e5509871",
        "Korean words that no rule pronounces right",
        "some hundred words are mispronounced",
    ),
    rules_file(
        "table.csv",
        "5638edf3bb5d3ea820c2e186222923d1e82ca06d36ea81c3ab57a9750cd453f9",
        "what becomes of each final consonant before each initial one",
        NOTHING,
    ),
]

# The dictionary ------------------------------------------------------------------------------------------------------

DICTIONARY_MAGIC = 0xEF718F77
DICTIONARY_HEADER = struct.Struct("<10I32s")
# Left and right context, place in the list of classes, cost, place of the feature string, unused.
TOKEN = struct.Struct("<HHHhII")
SIZE_OF_CATEGORY = 32


class Dictionary:
    """A dictionary as MeCab compiles it: a double array over UTF-8, tokens, and their feature strings."""

    def __init__(self, name, data):
        header = DICTIONARY_HEADER.unpack_from(data)
        magic, version, _, _, self.left_size, self.right_size, trie_size, token_size, feature_size, _, charset = header
        start = DICTIONARY_HEADER.size
        sound = magic ^ DICTIONARY_MAGIC == len(data) == start + trie_size + token_size + feature_size
        if not sound or version != 102 or charset.rstrip(b"\0").upper() != b"UTF-8":
            raise SetupError(f"{name} is not a dictionary of MeCab 0.996 in UTF-8")
        self.trie = data[start : start + trie_size]
        self.tokens = list(TOKEN.iter_unpack(data[start + trie_size : start + trie_size + token_size]))
        self.features = data[start + trie_size + token_size :]

    def tag(self, token):
        """The part of speech, such as NNG or VV+EP: the first of a feature's comma-separated values."""
        start = token[4]
        return bytes(self.features[start : self.features.index(b",", start)])

    def tokens_of(self, key):
        """The tokens of exactly this key."""
        units = memoryview(self.trie).cast("i")
        checks = memoryview(self.trie).cast("I")
        base = units[0]
        for byte in key:
            place = 2 * (base + byte + 1)
            if checks[place + 1] != base:
                return []
            base = units[place]
        value = units[2 * base]
        if checks[2 * base + 1] != base or value >= 0:
            return []
        value = -value - 1
        return self.tokens[value >> 8 : (value >> 8) + (value & 0xFF)]


def blank_penalties(settings):
    """The added cost of a token behind a blank, by the number of its class."""
    for line in settings.decode("utf-8").splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "left-space-penalty-factor":
            numbers = [int(number) for number in value.split(",")]
            return dict(zip(numbers[::2], numbers[1::2]))
    raise SetupError("dicrc names no left-space-penalty-factor")


def ending(tag):
    """What decides about marks: the letter of the class of the last part; a bound noun's is B."""
    last = tag.split(b"+")[-1]
    return ord("B") if last == b"NNBC" else last[0]


def convert_dictionary(files, path):
    system = Dictionary("sys.dic", files["sys.dic"])
    unknown = Dictionary("unk.dic", files["unk.dic"])
    penalties = blank_penalties(files["dicrc"])
    kinds = {}

    def entries(dictionary, tokens):
        for token in tokens:
            left, right, place, cost, *_ = token
            kind = kinds.setdefault((dictionary.tag(token), penalties.get(place, 0)), len(kinds))
            yield left | right << 16 | (cost & 0xFFFF) << 32 | kind << 48

    morphemes = packed("Q", entries(system, system.tokens))

    characters = files["char.bin"]
    (count,) = struct.unpack_from("<I", characters)
    categories = characters[4 : 4 + SIZE_OF_CATEGORY * count]
    classes = characters[4 + len(categories) :]
    if len(classes) != 4 * 0xFFFF:
        raise SetupError("char.bin has another form than MeCab 0.996 gives it")
    guesses, ends = [], [0]
    for start in range(0, len(categories), SIZE_OF_CATEGORY):
        name = categories[start : start + SIZE_OF_CATEGORY].rstrip(b"\0")
        guesses.extend(entries(unknown, unknown.tokens_of(name)))
        ends.append(len(guesses))

    matrix = files["matrix.bin"]
    if struct.unpack_from("<HH", matrix) != (system.left_size, system.right_size):
        raise SetupError("matrix.bin belongs to another dictionary than sys.dic")

    write_sections(
        path,
        [
            ("size", packed("I", [system.left_size, system.right_size])),
            ("trie", system.trie),
            ("morphemes", morphemes),
            ("unknown", packed("Q", guesses)),
            ("unknown.ends", packed("I", ends)),
            # MeCab reads past the end of its table for U+FFFF, and finds zeros there.
            ("characters", classes + bytes(4)),
            ("matrix", matrix[4:]),
            *byte_table("tags", [tag for tag, _ in kinds]),
            ("tags.ending", packed("B", [ending(tag) for tag, _ in kinds])),
            ("tags.penalty", packed("i", [penalty for _, penalty in kinds])),
        ],
    )
    return f"{len(system.tokens)} morphemes"


# The rules -----------------------------------------------------------------------------------------------------------

OPTIONAL_BLANK = "( ?)"
NO_LETTER = r"(\W|$)"


def read_idioms(text):
    """Pairs of a spelling and what it is replaced by; a hash sign begins a comment."""
    for line in text.splitlines():
        spelling, separator, replacement = line.split("#")[0].strip().partition("===")
        if separator:
            yield spelling, replacement


def read_table(text):
    """Triples of a final consonant, the initial one that follows ("" for none), and what becomes of both.

    In the last, ^ stands for what lies between the two: a blank or nothing, and where no consonant follows the sign that
    is no letter, if there is one. Remarks in parentheses name paragraphs of the standard pronunciation.
    """
    rows = [line.split(",") for line in text.splitlines()]
    for row in rows[1:]:
        for heading, cell in list(zip(rows[0], row))[1:]:
            if not cell:
                continue
            if heading.startswith(OPTIONAL_BLANK):
                onset = heading[len(OPTIONAL_BLANK) :]
            elif heading == NO_LETTER:
                onset = ""
            else:
                raise SetupError(f"table.csv has a column of an unknown kind: {heading}")
            yield row[0], onset, cell.split("(")[0].replace("\\1", "^")


def convert_rules(files, path):
    idioms = list(read_idioms(files["idioms.txt"].decode("utf-8")))
    table = list(read_table(files["table.csv"].decode("utf-8-sig")))

    def column(name, items):
        return byte_table(name, [item.encode("utf-8") for item in items])

    write_sections(
        path,
        [
            *column("idioms.from", [spelling for spelling, _ in idioms]),
            *column("idioms.to", [replacement for _, replacement in idioms]),
            *column("table.coda", [coda for coda, _, _ in table]),
            *column("table.onset", [onset for _, onset, _ in table]),
            *column("table.to", [replacement for _, _, replacement in table]),
        ],
    )
    return f"{len(idioms)} words, {len(table)} rules"


OUTPUTS = {"korean-dictionary.bin": convert_dictionary, "korean-rules.bin": convert_rules}
