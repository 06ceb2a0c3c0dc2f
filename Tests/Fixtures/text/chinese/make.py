#!/usr/bin/env python3
"""Takes the committed subset out of the text goldens: python3 make.py GOLDENS_FOLDER

Only texts that were written for the set or are in the public domain, and of those every few.
"""

import json
import pathlib
import sys

FREE = ("systematic", "udhr", "ctcpc", "tang", "song")
EVERY = {"phones_zh_v1": 5, "phones_zh_v2": 3, "phones_zh_v2_g2pwstub": 3, "inter_zh": 5, "zh_opencc_s2tw": 1}


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent

    def read(name):
        return [json.loads(line) for line in (source / f"{name}.jsonl").read_text(encoding="utf-8").split("\n") if line]

    free = [record for record in read("phones_zh_v2") if record["src"].startswith(FREE)]
    texts = {record["text"] for record in free} | {record["norm_text"] for record in free}
    for name, step in EVERY.items():
        records = [record for record in read(name) if record["text"] in texts][::step]
        lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)
        (target / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
