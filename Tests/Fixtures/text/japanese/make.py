#!/usr/bin/env python3
"""Takes the committed subset out of the text goldens: python3 make.py GOLDENS_FOLDER

Only texts that were written for the set or may be used by anyone, and of those a part.
"""

import json
import pathlib
import sys

FREE = ("systematic", "rohan4600", "ita-corpus", "udhr", "aozora")


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent

    def read(name):
        return [json.loads(line) for line in (source / name).read_text(encoding="utf-8").split("\n") if line]

    def write(name, records):
        lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)
        (target / name).write_text("".join(lines), encoding="utf-8")

    phones = {version: read(f"phones_ja_{version}.jsonl") for version in ("v1", "v2")}
    free = {version: [record for record in records if record["src"].startswith(FREE)] for version, records in phones.items()}
    texts = {record["text"] for records in free.values() for record in records}
    sentences = [record for record in read("inter_ja.jsonl") if record["text"] in texts]
    chunks = {chunk["chunk"] for record in sentences for chunk in record["chunks"]}
    write("phones_ja_v1.jsonl", free["v1"][::8])
    write("phones_ja_v2.jsonl", free["v2"][::3])
    write("inter_ja.jsonl", [record for record in sentences if len(record["text"]) < 80][::5])
    write("inter_ja_labels.jsonl", [record for record in read("inter_ja_labels.jsonl") if record["chunk"] in chunks][::7])


if __name__ == "__main__":
    main()
