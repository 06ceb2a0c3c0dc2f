"""English: dictionaries, the tagger for homographs, compounds, and the model that guesses unknown words.

The part-of-speech tagger is NLTK's where this machine has it: CHORUS_NLTK_TAGGER names the folder or the zip
`averaged_perceptron_tagger_eng`, or an `nltk_data` folder is found in its usual places. Without it a fallback with
other weights is used, which reads about one sentence in two hundred differently, by the sound of a homograph.
"""

import array
import ast
import contextlib
import hashlib
import io
import json
import math
import operator
import os
import pathlib
import re
import struct
import sys
import zipfile

from .common import Recipe, Resource, SetupError, byte_table, packed, unpickled, write_sections

RESOURCES = [
    Resource(
        key="cmudict",
        package="gpt-sovits-cpufast",
        version="0.1.0",
        path="GPT_SoVITS/text/cmudict.rep",
        sha256="0e601d017d6e6f958443d41cd8922b4cd7598b3ba2056253a33f3e5a35f38494",
        licence="BSD-2-Clause (CMUdict), MIT (package)",
        purpose="pronunciations of English words",
        without="every English word is guessed by the neural model",
    ),
    Resource(
        key="cmudict-fast",
        package="gpt-sovits-cpufast",
        version="0.1.0",
        path="GPT_SoVITS/text/cmudict-fast.rep",
        sha256="53bfef0f27d7dd74d1ba74563d1e076d3e0672ce3596cb2d6c0d52ac9ad01f6d",
        licence="BSD-2-Clause (CMUdict), MIT (package)",
        purpose="newer CMUdict entries that cmudict.rep lacks",
        without="some 300 words are guessed by the neural model",
    ),
    Resource(
        key="engdict-hot",
        package="gpt-sovits-cpufast",
        version="0.1.0",
        path="GPT_SoVITS/text/engdict-hot.rep",
        sha256="1c80418fe6fe5d537302ae67afd3612478997b35f2cf37cff52f959ed4334a71",
        licence="MIT",
        purpose="corrections of the dictionary",
        without="three technical names are mispronounced",
    ),
    Resource(
        key="namedict",
        package="gpt-sovits-cpufast",
        version="0.1.0",
        path="GPT_SoVITS/text/namedict_cache.pickle",
        sha256="559552094c4a6e995213e3fa586330e078ef8cb3a7a95a3109e945111cd2bfc1",
        licence="MIT",
        purpose="pronunciations of capitalised personal names",
        without="20,000 names are guessed by the neural model",
    ),
    Resource(
        key="g2p-weights",
        package="g2p-en",
        version="2.1.0",
        path="g2p_en/checkpoint20.npz",
        sha256="b8af35e4596d8dd5836dfd3fe9b2ba4f97b9c311efe8879544cbcfcbd566d8c6",
        licence="Apache-2.0",
        purpose="the neural model for English words outside the dictionary",
        without="unknown words cannot be spoken",
    ),
    Resource(
        key="homographs",
        package="g2p-en",
        version="2.1.0",
        path="g2p_en/homographs.en",
        sha256="0403edcc6aefe8945f8987be398279fd98bf6b767e54b741331d3bc99a307071",
        licence="Apache-2.0",
        purpose="English words whose sound depends on their part of speech",
        without="'I refuse the refuse' has one sound for both",
    ),
    Resource(
        key="unigrams",
        package="wordsegment",
        version="1.3.1",
        path="wordsegment/unigrams.txt",
        sha256="fd27e15b83ee7a55d8e17731a397eb4d389cbe2afd1c26afcba8ee2634c0a6d5",
        licence="Apache-2.0 (package), MIT (counts)",
        purpose="word counts that split compounds such as 'isleward'",
        without="compounds are guessed whole by the neural model",
    ),
    Resource(
        key="bigrams",
        package="wordsegment",
        version="1.3.1",
        path="wordsegment/bigrams.txt",
        sha256="3bd156ba9477842930c5609fc7113864e3c093a97880736fba522c7edb4ba799",
        licence="Apache-2.0 (package), MIT (counts)",
        purpose="word pair counts for the same",
        without="compounds are split at the wrong places",
    ),
]

FALLBACK_TAGGER = Resource(
    key="tagger-fallback",
    package="textblob-aptagger",
    version="0.2.0",
    path="textblob_aptagger/trontagger-0.1.0.pickle",
    sha256="1109164b3d28dce58f96b763128bab2fd8754c3921fd3330de2724ac6d1ada7c",
    licence="MIT",
    purpose="the English part-of-speech tagger where NLTK's is not supplied",
    without="homographs take their most common sound",
)

NLTK_FOLDER = "averaged_perceptron_tagger_eng"
NLTK_LICENCE = "MIT"

# The normaliser lets through nothing else, so that other entries could never be looked up.
SPEAKABLE = re.compile(r"[a-z'.\-]+\Z")
# Abbreviations whose dictionary entries are wrong; they are spelled out.
MISPRONOUNCED = ("ae", "ai", "ar", "ios", "hud", "os")
CMUDICT_HEADER_LINES = 56


def read_dictionary(files):
    words = {}
    lines = files["cmudict"].decode("utf-8").split("\n")
    for line in lines[CMUDICT_HEADER_LINES:]:
        columns = line.strip().split("  ")
        if len(columns) > 1:
            words[columns[0].lower()] = columns[1].split(" ")
    for line in files["cmudict-fast"].decode("utf-8").split("\n"):
        columns = line.strip().split(" ")
        if columns[0]:
            words.setdefault(columns[0].lower(), columns[1:])
    for line in files["engdict-hot"].decode("utf-8").split("\n"):
        columns = line.strip().split(" ")
        if columns[0]:
            words[columns[0].lower()] = columns[1:]
    for word in MISPRONOUNCED:
        del words[word]
    return {word: phones for word, phones in words.items() if SPEAKABLE.match(word)}


def read_homographs(data):
    entries = {}
    for line in data.decode("utf-8").splitlines():
        if not line.startswith("#"):
            word, first, second, tag = line.strip().split("|")
            entries[word.lower()] = (first.split(), second.split(), tag)
    # Two entries that GPT-SoVITS corrects.
    entries["read"] = ("R IY1 D".split(), "R EH1 D".split(), "VBP")
    entries["complex"] = ("K AH0 M P L EH1 K S".split(), "K AA1 M P L EH0 K S".split(), "JJ")
    return entries


def convert_lexicon(files, path):
    words = read_dictionary(files)
    names = {word: readings[0] for word, readings in unpickled(files["namedict"]).items()}
    homographs = read_homographs(files["homographs"])
    phones = {}

    def encode(reading):
        return bytes(phones.setdefault(phone, len(phones)) for phone in reading)

    sections = []
    for name, table in (("word", words), ("name", names)):
        keys = sorted(table)
        sections += byte_table(name + ".key", [key.encode("utf-8") for key in keys])
        sections += byte_table(name + ".phones", [encode(table[key]) for key in keys])
    keys = sorted(homographs)
    sections += byte_table("homograph.key", [key.encode("utf-8") for key in keys])
    sections += byte_table("homograph.first", [encode(homographs[key][0]) for key in keys])
    sections += byte_table("homograph.second", [encode(homographs[key][1]) for key in keys])
    sections += byte_table("homograph.tag", [homographs[key][2].encode("ascii") for key in keys])
    sections += byte_table("phone", [phone.encode("ascii") for phone in phones])
    write_sections(path, sections)
    return f"{len(words):,} words, {len(names):,} names, {len(homographs)} homographs"


def read_counts(data):
    pairs = (line.split("\t") for line in data.decode("utf-8").splitlines())
    return {word: float(count) for word, count in pairs}


WORD_TOTAL = 1024908267229.0
LONGEST_WORD = 24


def convert_segmentation(files, path):
    """Scores are logarithms to base 10 of probabilities, as wordsegment computes them while it searches."""
    unigrams = read_counts(files["unigrams"])
    bigrams = read_counts(files["bigrams"])
    words = sorted(unigrams)
    number = {word: index for index, word in enumerate(words)}
    following = [[] for _ in words]
    for pair, count in bigrams.items():
        first, second = pair.split(" ")
        if first in number and second in number:
            score = math.log10(count / WORD_TOTAL / (unigrams[first] / WORD_TOTAL))
            following[number[first]].append((number[second], score))
    ends, seconds, scores = [0], [], []
    for row in following:
        for second, score in sorted(row):
            seconds.append(second)
            scores.append(score)
        ends.append(len(seconds))
    unknown = [0.0] + [math.log10(10.0 / (WORD_TOTAL * 10**length)) for length in range(1, LONGEST_WORD + 1)]
    sections = byte_table("word.key", [word.encode("ascii") for word in words])
    sections += [
        ("word.score", packed("d", (math.log10(unigrams[word] / WORD_TOTAL) for word in words))),
        ("unknown.score", packed("d", unknown)),
        ("pair.index", packed("I", ends)),
        ("pair.second", packed("I", seconds)),
        ("pair.score", packed("d", scores)),
    ]
    write_sections(path, sections)
    return f"{len(words):,} words, {len(seconds):,} pairs"


def read_npy(data):
    """A float32 matrix or vector out of NumPy's file format, as (rows, columns) and a flat array."""
    if data[:6] != b"\x93NUMPY":
        raise SetupError("an array of the neural model is not in NumPy's format")
    wide = data[6] >= 2
    start = 12 if wide else 10
    (length,) = struct.unpack("<I" if wide else "<H", data[8:start])
    header = ast.literal_eval(data[start : start + length].decode("latin1").strip())
    if header["descr"] != "<f4" or header["fortran_order"]:
        raise SetupError(f"an array of the neural model has an unexpected layout: {header}")
    values = array.array("f", data[start + length :])
    if sys.byteorder == "big":
        values.byteswap()
    shape = header["shape"]
    return (shape if len(shape) == 2 else (1, shape[0])), values


def convert_g2p(files, path):
    """Input weights are multiplied by the embeddings here: each of the few symbols gets its row of gate inputs."""
    with zipfile.ZipFile(io.BytesIO(files["g2p-weights"])) as archive:
        arrays = {name.split(".")[0]: read_npy(archive.read(name)) for name in archive.namelist()}

    def rows(key):
        (count, width), values = arrays[key]
        return [values[row * width : (row + 1) * width].tolist() for row in range(count)]

    sections = []
    for side, prefix in (("encoder", "enc"), ("decoder", "dec")):
        weights, bias = rows(prefix + "_w_ih"), rows(prefix + "_b_ih")[0]
        gates = [
            sum(map(operator.mul, symbol, weight)) + offset
            for symbol in rows(prefix + "_emb")
            for weight, offset in zip(weights, bias)
        ]
        sections.append((side + ".input", packed("f", gates)))
        sections.append((side + ".recurrent", packed("f", arrays[prefix + "_w_hh"][1])))
        sections.append((side + ".bias", packed("f", arrays[prefix + "_b_hh"][1])))
    sections.append(("output.weight", packed("f", arrays["fc_w"][1])))
    sections.append(("output.bias", packed("f", arrays["fc_b"][1])))
    write_sections(path, sections)
    return f"{arrays['enc_w_hh'][0][1]} units"


def convert_tagger(tagger, path):
    weights, known, classes = tagger["weights"], tagger["known"], sorted(tagger["classes"])
    number = {tag: index for index, tag in enumerate(classes)}
    features = sorted(feature for feature, row in weights.items() if row)
    ends, tags, values = [0], [], []
    for feature in features:
        for tag, weight in sorted(weights[feature].items()):
            tags.append(number[tag])
            values.append(weight)
        ends.append(len(tags))
    words = sorted(known)
    sections = byte_table("tag", [tag.encode("ascii") for tag in classes])
    sections += byte_table("known.key", [word.encode("utf-8") for word in words])
    sections += [("known.tag", bytes(number[known[word]] for word in words))]
    sections += byte_table("feature.key", [feature.encode("utf-8") for feature in features])
    sections += [
        ("weight.index", packed("I", ends)),
        ("weight.tag", bytes(tags)),
        ("weight.value", packed("d", values)),
        ("origin", tagger["origin"].encode("ascii")),
    ]
    write_sections(path, sections)
    return f"{tagger['origin']} weights, {len(features):,} features"


# Where the tagger comes from ----------------------------------------------------------------------------------------


def nltk_candidates():
    """Folders and zip files that may hold NLTK's tagger, with whether the operator named them."""
    named = os.environ.get("CHORUS_NLTK_TAGGER")
    if named:
        yield pathlib.Path(named), True
        return
    roots = [pathlib.Path(part) for part in os.environ.get("NLTK_DATA", "").split(os.pathsep) if part]
    with contextlib.suppress(RuntimeError):
        roots.append(pathlib.Path.home() / "nltk_data")
    for base in (sys.prefix, "/usr", "/usr/local"):
        roots += [pathlib.Path(base) / tail for tail in ("nltk_data", "share/nltk_data", "lib/nltk_data")]
    for root in roots:
        yield root / "taggers" / NLTK_FOLDER, False
        yield root / "taggers" / (NLTK_FOLDER + ".zip"), False


def read_nltk(path):
    """The three JSON files of NLTK's tagger out of a folder or a zip, or None where they are not there."""
    wanted = [f"{NLTK_FOLDER}.{part}.json" for part in ("weights", "tagdict", "classes")]
    if path.is_dir():
        for folder in (path, path / NLTK_FOLDER, path / "taggers" / NLTK_FOLDER):
            files = [folder / name for name in wanted]
            if all(file.is_file() for file in files):
                return [file.read_bytes() for file in files]
    elif path.is_file() and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            entries = {name.rsplit("/", 1)[-1]: name for name in archive.namelist()}
            if all(name in entries for name in wanted):
                return [archive.read(entries[name]) for name in wanted]
    return None


def find_nltk_tagger():
    for path, named in nltk_candidates():
        try:
            found = read_nltk(path)
        except OSError as error:
            if named:
                raise SetupError(f"cannot read CHORUS_NLTK_TAGGER={path}: {error.strerror}") from error
            continue
        if found:
            return path, found
        if named:
            raise SetupError(
                f"CHORUS_NLTK_TAGGER={path} is neither a folder nor a zip with {NLTK_FOLDER}.weights.json, "
                ".tagdict.json and .classes.json. Correct it, or unset it to use the fallback tagger."
            )
    return None


def load_tagger(nltk, files):
    if nltk is None:
        weights, known, classes = unpickled(files[FALLBACK_TAGGER.key])
        return {"weights": weights, "known": known, "classes": classes, "origin": "textblob-aptagger"}
    path, parts = nltk
    try:
        weights, known, classes = (json.loads(part) for part in parts)
    except ValueError as error:
        raise SetupError(f"NLTK's tagger at {path} is damaged: {error}") from error
    return {"weights": weights, "known": known, "classes": classes, "origin": "nltk"}


def recipe():
    nltk = find_nltk_tagger()
    outputs = {
        "english-lexicon.bin": convert_lexicon,
        "english-segmentation.bin": convert_segmentation,
        "english-g2p.bin": convert_g2p,
        "english-tagger.bin": lambda files, path: convert_tagger(load_tagger(nltk, files), path),
    }
    if nltk is None:
        return Recipe(
            RESOURCES + [FALLBACK_TAGGER], outputs, remark="the tagger is the fallback (NLTK's was not found)"
        )
    path, parts = nltk
    return Recipe(
        RESOURCES,
        outputs,
        inputs=(hashlib.sha256(b"".join(parts)).hexdigest(),),
        notices=(f"{NLTK_FOLDER} of NLTK, supplied by the operator: {NLTK_LICENCE}; {FALLBACK_TAGGER.purpose}",),
        remark=f"the tagger is NLTK's, from {path}",
    )
