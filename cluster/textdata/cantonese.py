"""Cantonese: the dictionary of ToJyutping, words and characters with their readings in Jyutping."""

import collections

from .common import Resource, SetupError, byte_table, packed, write_sections

RESOURCES = [
    Resource(
        key="jyutping-trie",
        package="ToJyutping",
        version="3.2.0",
        path="ToJyutping/trie.txt",
        sha256="4995ec440243d468a4c816697e7fd9a87b8efbb90e54db119deb78c829a87729",
        licence="BSD-2-Clause",
        purpose="readings of Cantonese words and characters",
        without="Cantonese cannot be spoken",
    ),
]

ONSETS = " b p m f d t n l g k ng gw kw w h z c s j".split(" ")
NUCLEI = "aa a e i o u".split()
CODAS = " i u m n ng p t k".split(" ")
# Rhymes that are not a nucleus of the list with a coda.
OTHER_RHYMES = "oe oen oeng oet oek eoi eon eot yu yun yut m ng".split()
TONES = 6

NO_READING = 0xFFFFFFFF
# Set on a syllable that is followed by another of the same character.
CONTINUES = 0x8000


class Node:
    def __init__(self):
        self.children = {}
        self.reading = None


def syllable_name(number):
    rhymes = len(NUCLEI) * len(CODAS) + len(OTHER_RHYMES)
    onset, rest = divmod(number, rhymes * TONES)
    rhyme, tone = divmod(rest, TONES)
    if rhyme < len(NUCLEI) * len(CODAS):
        nucleus, coda = divmod(rhyme, len(CODAS))
        spelled = NUCLEI[nucleus] + CODAS[coda]
    else:
        spelled = OTHER_RHYMES[rhyme - len(NUCLEI) * len(CODAS)]
    return f"{ONSETS[onset]}{spelled}{tone + 1}"


def read_readings(text, at, length):
    """The readings at a place, each a list of syllable numbers for each of the word's characters."""
    readings = []
    while ord(text[at]) < ord("{"):
        characters, syllables = [], []
        while len(characters) < length:
            syllables.append((ord(text[at]) - 33) * 90 + ord(text[at + 1]) - 33)
            at += 2
            if text[at] == "~":
                at += 1
            else:
                characters.append(syllables)
                syllables = []
        readings.append(characters)
    return readings, at


def read_trie(text):
    """A word is its characters, two signs for each syllable (base 90), and in braces the words that go on from it."""
    if not text.startswith("{"):
        raise SetupError("the Cantonese dictionary does not begin as one")
    root = Node()
    open_nodes, at = [(root, 0)], 1
    while open_nodes:
        node, depth = open_nodes[-1]
        while ord(text[at]) >= 256:
            node = node.children.setdefault(text[at], Node())
            at += 1
            depth += 1
        readings, at = read_readings(text, at, depth)
        if readings:
            # Of several readings the first is spoken.
            node.reading = readings[0]
        if text[at] == "{":
            open_nodes.append((node, depth))
            at += 1
        elif text[at] == "}":
            open_nodes.pop()
            at += 1
    return root


def convert_lexicon(files, path):
    """Nodes breadth first, so that a node's children stand beside each other, sorted by character."""
    root = read_trie(files["jyutping-trie"].decode("utf-8"))
    scalars, first_children, readings, syllables = [], [], [], []
    numbers = {}
    queue, count = collections.deque([("\0", root)]), 1
    while queue:
        character, node = queue.popleft()
        scalars.append(ord(character))
        first_children.append(count)
        count += len(node.children)
        queue.extend(sorted(node.children.items()))
        if node.reading is None:
            readings.append(NO_READING)
            continue
        readings.append(len(syllables))
        for spoken in node.reading:
            for index, number in enumerate(spoken):
                flag = CONTINUES if index + 1 < len(spoken) else 0
                syllables.append(numbers.setdefault(number, len(numbers)) | flag)
    sections = [
        ("node.scalar", packed("I", scalars)),
        ("node.children", packed("I", [*first_children, count])),
        ("node.reading", packed("I", readings)),
        ("reading.syllable", packed("H", syllables)),
    ]
    sections += byte_table("syllable", [syllable_name(number).encode("ascii") for number in numbers])
    write_sections(path, sections)
    words = sum(reading != NO_READING for reading in readings)
    return f"{words:,} words, {len(numbers):,} syllables"


OUTPUTS = {"cantonese-lexicon.bin": convert_lexicon}
