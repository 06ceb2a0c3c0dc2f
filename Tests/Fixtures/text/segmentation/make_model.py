#!/usr/bin/env python3
"""Writes a small fastText model with random weights in the layout of lid.176.bin, and what PyPI's fasttext-predict 0.9.2.4
answers with it: python3 make_model.py
"""

import json
import pathlib
import random
import struct

import fasttext

WORDS = ["</s>", "the", "and", "of", "的", "是", "の", "は", "그리고", "и", "été", "a", "<", "__label__none"]
LABELS = {"zh": 900, "en": 800, "ja": 500, "ko": 90, "zh-cn": 70, "de": 70, "yue": 3}
DIMENSION, BUCKETS = 6, 50
HIERARCHICAL_SOFTMAX, SUPERVISED = 1, 3


def main():
    source = random.Random(20)
    data = struct.pack("<2i", 793712314, 12)
    data += struct.pack("<12i", DIMENSION, 5, 5, 1, 5, 1, HIERARCHICAL_SOFTMAX, SUPERVISED, BUCKETS, 2, 4, 100)
    data += struct.pack("<d", 1e-4)
    data += struct.pack("<3i2q", len(WORDS) + len(LABELS), len(WORDS), len(LABELS), 1000, -1)
    for word in WORDS:
        data += word.encode() + b"\0" + struct.pack("<qb", 5, 0)
    for label, count in LABELS.items():
        data += f"__label__{label}".encode() + b"\0" + struct.pack("<qb", count, 1)
    for rows in (len(WORDS) + BUCKETS, len(LABELS)):
        numbers = [source.gauss(0, 2) for _ in range(rows * DIMENSION)]
        data += struct.pack("<?2q", False, rows, DIMENSION) + struct.pack(f"<{len(numbers)}f", *numbers)
    folder = pathlib.Path(__file__).parent
    (folder / "tiny.bin").write_bytes(data)

    model = fasttext.load_model(str(folder / "tiny.bin"))
    letters = "the andof的是のは그리고иété<>/s_label zhq 😀\0\v"
    texts = ["", " ", "the", "</s> the", "a </s> zz", "__label__en", "__label__other x", "été été"]
    texts += ["".join(source.choices(letters, k=source.randrange(1, 30))) for _ in range(60)]
    with open(folder / "tiny.jsonl", "w", encoding="utf-8") as out:
        for text in texts:
            answers = []
            for count, threshold in ((1, 0.0), (3, 0.0), (5, 0.01), (7, 0.2)):
                labels, scores = model.predict(text, k=count, threshold=threshold)
                answers.append(
                    {
                        "count": count,
                        "threshold": threshold,
                        "labels": [label.removeprefix("__label__") for label in labels],
                        "scores": [float(score) for score in scores],
                    }
                )
            out.write(json.dumps({"text": text, "answers": answers}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
