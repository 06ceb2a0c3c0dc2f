"""What the make.py scripts here and below share: records of the text goldens, one JSON value a line."""

import json
import pathlib
import sys


class Subset:
    """Reads from the goldens' folder, the command's only argument, and writes beside the script."""

    def __init__(self, script):
        if len(sys.argv) != 2:
            sys.exit(f"usage: {script} GOLDENS_FOLDER")
        self.source, self.target = pathlib.Path(sys.argv[1]), pathlib.Path(script).parent

    def read(self, name):
        """The records of a file."""
        return [json.loads(line) for line in (self.source / name).read_text(encoding="utf-8").split("\n") if line]

    def write(self, name, records):
        """Writes records to a file."""
        lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)
        (self.target / name).write_text("".join(lines), encoding="utf-8")

    def write_free(self, language, sources):
        """Writes what was recorded of a language's texts of free sources: their phones and the steps in between."""
        phones = [record for record in self.read(f"phones_{language}_v2.jsonl") if record["src"].startswith(sources)]
        texts = {record["text"] for record in phones}
        self.write(f"phones_{language}_v2.jsonl", phones)
        steps = [record for record in self.read(f"inter_{language}.jsonl") if record["text"] in texts]
        self.write(f"inter_{language}.jsonl", steps)
