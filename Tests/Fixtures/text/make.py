#!/usr/bin/env python3
"""Takes the committed subset out of the text goldens: python3 make.py GOLDENS_FOLDER

Only English texts that were written for the set or are in the public domain, every second of them.
"""

import json
import pathlib
import sys

FREE = ("inaugural", "state_union", "genesis-kjv", "udhr", "systematic")


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent

    def read(name):
        return [json.loads(line) for line in (source / name).read_text(encoding="utf-8").split("\n") if line]

    def write(name, records):
        lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)
        (target / name).write_text("".join(lines), encoding="utf-8")

    free = {}
    for version in ("v1", "v2"):
        records = [record for record in read(f"phones_en_{version}.jsonl") if record["src"].startswith(FREE)][::2]
        free.update((record["text"], None) for record in records)
        # The phones are the same in both tables; a few of the first are enough.
        write(f"phones_en_{version}.jsonl", records if version == "v2" else records[:100:5])
    write("inter_en.jsonl", [record for record in read("inter_en.jsonl") if record["text"] in free])
    write("en_oov.jsonl", read("en_oov.jsonl")[::4])
    write("cut.jsonl", read("cut.jsonl")[::3])
    write("preprocess.jsonl", [record for record in read("preprocess.jsonl") if record["lang"] == "en"])
    for version in ("v1", "v2"):
        records = [record for record in read(f"mixed_{version}.jsonl") if record["mode"] == "en"]
        write(f"mixed_{version}.jsonl", records)


if __name__ == "__main__":
    main()
