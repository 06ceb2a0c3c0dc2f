#!/usr/bin/env python3
"""Takes the committed subset of the segmentation goldens: python3 make.py GOLDENS_FOLDER

Texts that were written for the set, or occur in texts of free sources.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from subset import Subset  # noqa: E402

FREE = ("systematic", "udhr", "ita-corpus", "rohan", "aozora", "inaugural", "state_union", "genesis", "hkcancor")
NOT_FREE = ("fortunes", "manpages", "debian-faq")
# Words are no works.
WORD = 8


def main():
    subset = Subset(__file__)
    spoken = [r for path in subset.source.glob("phones_*.jsonl") for r in subset.read(path.name) if "src" in r]
    known = {r["text"]: r["src"] for r in spoken}
    free = "\n".join(text for text, origin in known.items() if origin.startswith(FREE))

    def is_free(record):
        return len(record["text"]) <= WORD or record["text"] in free

    # The texts of the segmenter were written for the set.
    subset.write("segmenter.jsonl", subset.read("segmenter.jsonl"))
    written = {record["text"] for record in subset.read("segmenter.jsonl")}
    for name in ("mixed_v1.jsonl", "mixed_v2.jsonl", "preprocess.jsonl"):
        subset.write(name, [r for r in subset.read(name) if r["text"] in written or is_free(r)][::2])
    subset.write(
        "split_lang.jsonl",
        [r for r in subset.read("split_lang.jsonl") if not known.get(r["text"], "").startswith(NOT_FREE)],
    )
    subset.write("lid_ftz.jsonl", [record for record in subset.read("lid_ftz.jsonl") if is_free(record)][::2])
    subset.write("budoux.jsonl", [record for record in subset.read("budoux.jsonl") if is_free(record)])


if __name__ == "__main__":
    main()
