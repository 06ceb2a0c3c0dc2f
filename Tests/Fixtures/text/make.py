#!/usr/bin/env python3
"""Takes the committed subset out of the text goldens: python3 make.py GOLDENS_FOLDER

Only English texts that were written for the set or are in the public domain, every second of them.
"""

from subset import Subset

FREE = ("inaugural", "state_union", "genesis-kjv", "udhr", "systematic")


def main():
    subset = Subset(__file__)
    free = {}
    for version in ("v1", "v2"):
        records = subset.read(f"phones_en_{version}.jsonl")
        records = [record for record in records if record["src"].startswith(FREE)][::2]
        free.update((record["text"], None) for record in records)
        # The phones are the same in both tables; a few of the first are enough.
        subset.write(f"phones_en_{version}.jsonl", records if version == "v2" else records[:100:5])
    subset.write("inter_en.jsonl", [record for record in subset.read("inter_en.jsonl") if record["text"] in free])
    subset.write("en_oov.jsonl", subset.read("en_oov.jsonl")[::4])
    subset.write("cut.jsonl", subset.read("cut.jsonl")[::3])
    subset.write("preprocess.jsonl", [record for record in subset.read("preprocess.jsonl") if record["lang"] == "en"])
    for version in ("v1", "v2"):
        records = [record for record in subset.read(f"mixed_{version}.jsonl") if record["mode"] == "en"]
        subset.write(f"mixed_{version}.jsonl", records)


if __name__ == "__main__":
    main()
