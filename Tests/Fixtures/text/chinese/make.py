#!/usr/bin/env python3
"""Takes the committed subset out of the text goldens: python3 make.py GOLDENS_FOLDER

Only texts that were written for the set or are in the public domain, and of those every few.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from subset import Subset  # noqa: E402

FREE = ("systematic", "udhr", "ctcpc", "tang", "song")
EVERY = {"phones_zh_v1": 5, "phones_zh_v2": 3, "phones_zh_v2_g2pwstub": 3, "inter_zh": 5, "zh_opencc_s2tw": 1}


def main():
    subset = Subset(__file__)
    free = [record for record in subset.read("phones_zh_v2.jsonl") if record["src"].startswith(FREE)]
    texts = {record["text"] for record in free} | {record["norm_text"] for record in free}
    for name, step in EVERY.items():
        records = [record for record in subset.read(f"{name}.jsonl") if record["text"] in texts]
        subset.write(f"{name}.jsonl", records[::step])


if __name__ == "__main__":
    main()
