#!/usr/bin/env python3
"""Takes the committed subset out of the text goldens: python3 make.py GOLDENS_FOLDER

Only texts that were written for the set or are in the public domain: the UDHR and the Korean constitution.
"""

import json
import pathlib
import sys

FREE = ("systematic", "udhr2", "kolaw")


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent

    def read(name):
        return [json.loads(line) for line in (source / name).read_text(encoding="utf-8").split("\n") if line]

    def write(name, records):
        lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)
        (target / name).write_text("".join(lines), encoding="utf-8")

    phones = [record for record in read("phones_ko_v2.jsonl") if record["src"].startswith(FREE)]
    texts = {record["text"] for record in phones}
    write("phones_ko_v2.jsonl", phones)
    write("inter_ko.jsonl", [record for record in read("inter_ko.jsonl") if record["text"] in texts])


if __name__ == "__main__":
    main()
