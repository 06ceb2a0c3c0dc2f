#!/usr/bin/env python3
"""A table of milliseconds per sentence, start-up time and memory of the text front-end, beside Python's in the same run.

    python3 run.py CHORUS [--reference GPT_SOVITS_FOLDER --python PYTHON] [--sentences FOLDER] [--home FOLDER]

CHORUS is the program, built for release. FOLDER holds the sentences as `<language>.txt`, one a line; without it those
beside this script are taken. Ready is the time from the start of the program to its first answer.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

LANGUAGES = ("zh", "yue", "ja", "ko", "en", "auto")
# Every sentence is read as often on both sides, so that what is loaded on the way counts little.
ROUNDS = 3
HERE = pathlib.Path(__file__).parent


def measure(command, sentences):
    lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in sentences)
    start = time.perf_counter()
    result = subprocess.run(command, input=lines, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if result.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")
    return json.loads(result.stderr.strip().split("\n")[-1]), seconds


def row(name, who, report, ready):
    numbers = (report["mean_ms"], report["p50_ms"], report["p95_ms"], ready, report["resident_mb"])
    return f"| {name} | {who} | " + " | ".join(f"{number:.3g}" for number in numbers) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chorus")
    parser.add_argument("--reference")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--sentences", default=str(HERE / "sentences"))
    parser.add_argument("--home")
    options = parser.parse_args()
    print("| language | | ms a sentence, mean | p50 | p95 | ready, ms | resident, MB |")
    print("|---|---|---|---|---|---|---|")
    for language in LANGUAGES:
        path = pathlib.Path(options.sentences) / f"{language}.txt"
        if not path.exists():
            continue
        sentences = [line for line in path.read_text(encoding="utf-8").split("\n") if line]
        command = [options.chorus, "phonemes", "--lang", language, "--timing"]
        command += ["--home", options.home] if options.home else []
        _, ready = measure(command, sentences[:1])
        ours, _ = measure(command, sentences * ROUNDS)
        print(row(language, "chorus", ours, ready * 1000), flush=True)
        if options.reference:
            command = [options.python, str(HERE / "reference.py"), options.reference, language]
            theirs, _ = measure(command, sentences * ROUNDS)
            print(row(language, "Python", theirs, theirs["ready_ms"]))
            print(f"| | times faster | {theirs['mean_ms'] / ours['mean_ms']:.1f} | | | | |", flush=True)


if __name__ == "__main__":
    main()
