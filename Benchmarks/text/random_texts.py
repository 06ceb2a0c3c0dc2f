#!/usr/bin/env python3
"""Sends random texts through `chorus phonemes` and looks for crashes, hangs and time that grows faster than length.

    python3 random_texts.py CHORUS [--count 1000000] [--jobs 2] [--lang auto] [--seed 1] [--home FOLDER]

Texts are of all of Unicode, of one script, mixed, of punctuation or emoji only, up to 10,000 characters, some with broken
surrogates in their JSON. Every line must be answered, by phones or by an error in words.
"""

import argparse
import concurrent.futures
import json
import random
import subprocess
import sys
import time

SCRIPTS = [
    (0x20, 0x7E), (0x61, 0x7A), (0x30, 0x39), (0x4E00, 0x9FFF), (0x4E00, 0x4FFF), (0x3041, 0x30FF), (0xAC00, 0xD7A3),
    (0x3000, 0x303F), (0xFF00, 0xFFEF), (0xA0, 0x24F), (0x370, 0x52F), (0x590, 0x7FF), (0x900, 0xFFF), (0x1100, 0x11FF),
    (0x3130, 0x318F), (0x2000, 0x2BFF), (0x0, 0x1F), (0x3400, 0x4DBF), (0x20000, 0x323AF), (0x1F300, 0x1FAFF),
    (0xE000, 0xFFFF), (0x10000, 0x10FFFF),
]  # fmt: skip
PUNCTUATION = "!?…,.-。，、！？：；:;'\"“”‘’()（）[]【】《》「」~〜·—$￥%#@&*+=<>/\\|^_`{} \n\t"
EMOJI = "😀😂🥲👍🏽👨‍👩‍👧‍👦🇨🇳🏳️‍🌈❤️‍🔥☀️1️⃣"
FRAGMENTS = [
    "2024年5月6日", "3.14", "1,234,567", "$,5", "100%", "-40℃", "13800138000", "10:30", "1/2", "AI", "iPhone", "don't",
    "read[R EH1 D]", "行[hang2]", "漢[かん]", "값[갑]", "[han4]", "々", "儿", "一不", "兙兡嗧", "9" * 400, "http://a.b/c", "\u200d",
]  # fmt: skip
BATCH = 2000


def text(source):
    kind = source.random()
    length = source.choice([1, 2, 5, 10, 20, 40, 80])
    if source.random() < 0.002:
        length = 10_000
    if kind < 0.1:
        return "".join(source.choice(PUNCTUATION) for _ in range(length))
    if kind < 0.15:
        return "".join(source.choice(EMOJI) for _ in range(length))
    if kind < 0.25:
        return source.choice(FRAGMENTS + list(EMOJI) + list(PUNCTUATION)) * max(1, length // 4)
    if kind < 0.4:
        low, high = 0, 0x10FFFF
        return "".join(chr(source.randint(low, high)) for _ in range(length))
    parts = []
    while sum(map(len, parts)) < length:
        pick = source.random()
        if pick < 0.15:
            parts.append(source.choice(FRAGMENTS))
        elif pick < 0.3:
            parts.append(source.choice(PUNCTUATION))
        else:
            low, high = source.choice(SCRIPTS)
            parts.append("".join(chr(source.randint(low, high)) for _ in range(source.randint(1, 6))))
    return "".join(parts)[:10_000]


def run_batch(options, seed, count):
    """How many lines were answered by phones and by an error, and the slowest text that was sent alone."""
    source = random.Random(seed)
    # json.dumps writes surrogates that chr() made, in pairs or alone, as they are.
    lines = [json.dumps({"text": text(source)}) for _ in range(count)]
    command = [options.chorus, "phonemes", "--lang", options.lang, "--stage", "pieces", "--timing"]
    command += ["--home", options.home] if options.home else []
    try:
        result = subprocess.run(
            command, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=600, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return f"seed {seed}: no end after 600 s", 0, 0
    answers = [line for line in result.stdout.split("\n") if line]
    errors = sum('"error"' in line[:10] for line in answers)
    if result.returncode not in (0, 65) or len(answers) != count:
        at = lines[len(answers)][:300] if len(answers) < count else ""
        return f"seed {seed}: exit {result.returncode} after {len(answers)} of {count} lines, at {at}\n{result.stderr[-500:]}", 0, 0
    return None, count - errors, errors


def is_linear(options):
    """Compares 20,000 with 5,000 characters of one kind; both pay for the start."""
    slow = []
    for unit in ["中", "中文，", "あ漢", "한", "a b ", "1", "。", "😀", "я中", "漢字かなTextと한글1.", "iPhone", "1.", "[", "a[", "一"]:
        seconds = []
        for length in (5_000, 20_000):
            line = json.dumps({"text": unit * (length // len(unit))}) + "\n"
            command = [options.chorus, "phonemes", "--lang", options.lang, "--stage", "pieces", "--method", "cut0"]
            command += ["--home", options.home] if options.home else []
            start = time.perf_counter()
            subprocess.run(command, input=line, capture_output=True, text=True, timeout=600)
            seconds.append(time.perf_counter() - start)
        print(f"{unit!r}: {seconds[0]:.2f} s for 5,000 characters, {seconds[1]:.2f} s for 20,000", flush=True)
        if seconds[1] > 6 * seconds[0] and seconds[1] > 2:
            slow.append(unit)
    return slow


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chorus")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--lang", default="auto")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home")
    options = parser.parse_args()
    failures, spoken, refused = [], 0, 0
    batches = -(-options.count // BATCH)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(run_batch, options, options.seed + index, BATCH) for index in range(batches)]
        for number, job in enumerate(concurrent.futures.as_completed(jobs), 1):
            failure, answered, errors = job.result()
            spoken, refused = spoken + answered, refused + errors
            if failure:
                failures.append(failure)
                print(failure, flush=True)
            if number % 50 == 0:
                print(f"{number * BATCH:,} texts", flush=True)
    print(f"{spoken:,} texts read, {refused:,} refused in words, {len(failures)} batches failed")
    slow = is_linear(options)
    print("time is linear in length" if not slow else f"slower than linear: {slow}")
    sys.exit(1 if failures or slow else 0)


if __name__ == "__main__":
    main()
