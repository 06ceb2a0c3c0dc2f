#!/usr/bin/env python3
"""Takes the committed subset of the segmentation goldens: python3 make.py GOLDENS_FOLDER

Texts that were written for the set, or occur in texts of free sources.
"""

import json
import pathlib
import sys

FREE = ("systematic", "udhr", "ita-corpus", "rohan", "aozora", "inaugural", "state_union", "genesis", "hkcancor")
NOT_FREE = ("fortunes", "manpages", "debian-faq")
# Words are no works.
WORD = 8


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent

    def read(name):
        return [json.loads(line) for line in (source / name).read_text(encoding="utf-8").split("\n") if line]

    def write(name, records):
        lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)
        (target / name).write_text("".join(lines), encoding="utf-8")

    known = {r["text"]: r["src"] for path in source.glob("phones_*.jsonl") for r in read(path.name) if "src" in r}
    free = "\n".join(text for text, origin in known.items() if origin.startswith(FREE))

    def is_free(record):
        return len(record["text"]) <= WORD or record["text"] in free

    # The texts of the segmenter were written for the set.
    write("segmenter.jsonl", read("segmenter.jsonl"))
    written = {record["text"] for record in read("segmenter.jsonl")}
    for name in ("mixed_v1.jsonl", "mixed_v2.jsonl", "preprocess.jsonl"):
        write(name, [r for r in read(name) if r["text"] in written or is_free(r)][::2])
    write(
        "split_lang.jsonl",
        [r for r in read("split_lang.jsonl") if not known.get(r["text"], "").startswith(NOT_FREE)],
    )
    write("lid_ftz.jsonl", [record for record in read("lid_ftz.jsonl") if is_free(record)][::2])
    write("budoux.jsonl", [record for record in read("budoux.jsonl") if is_free(record)])


if __name__ == "__main__":
    main()
