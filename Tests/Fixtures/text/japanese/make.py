#!/usr/bin/env python3
"""Takes the committed subset out of the text goldens: python3 make.py GOLDENS_FOLDER

Only texts that were written for the set or may be used by anyone, and of those a part.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from subset import Subset  # noqa: E402

FREE = ("systematic", "rohan4600", "ita-corpus", "udhr", "aozora")


def main():
    subset = Subset(__file__)
    phones = {version: subset.read(f"phones_ja_{version}.jsonl") for version in ("v1", "v2")}
    free = {
        version: [record for record in records if record["src"].startswith(FREE)] for version, records in phones.items()
    }
    texts = {record["text"] for records in free.values() for record in records}
    sentences = [record for record in subset.read("inter_ja.jsonl") if record["text"] in texts]
    chunks = {chunk["chunk"] for record in sentences for chunk in record["chunks"]}
    subset.write("phones_ja_v1.jsonl", free["v1"][::8])
    subset.write("phones_ja_v2.jsonl", free["v2"][::3])
    subset.write("inter_ja.jsonl", [record for record in sentences if len(record["text"]) < 80][::5])
    labels = [record for record in subset.read("inter_ja_labels.jsonl") if record["chunk"] in chunks]
    subset.write("inter_ja_labels.jsonl", labels[::7])


if __name__ == "__main__":
    main()
