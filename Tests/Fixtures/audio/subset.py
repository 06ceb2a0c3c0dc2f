"""Copies the part of the full reference data that the tests carry: subset.py GOLDENS/models OUT STAGE [PATTERN...].

Writes OUT/golden/STAGE.safetensors with the tensors whose names match a pattern (all of them without one) and merges
the stage's arguments into OUT/golden/manifest.json. Standard library only.
"""

import fnmatch
import json
import pathlib
import struct
import sys

source, out, stage, *patterns = sys.argv[1:]
data = (pathlib.Path(source) / "golden" / f"{stage}.safetensors").read_bytes()
(length,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8 : 8 + length])
header.pop("__metadata__", None)
kept, payload = {}, b""
for name, entry in sorted(header.items()):
    if patterns and not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
        continue
    start, end = entry["data_offsets"]
    kept[name] = {**entry, "data_offsets": [len(payload), len(payload) + end - start]}
    payload += data[8 + length + start : 8 + length + end]
folder = pathlib.Path(out) / "golden"
folder.mkdir(parents=True, exist_ok=True)
encoded = json.dumps(kept).encode()
encoded += b" " * (-len(encoded) % 8)
(folder / f"{stage}.safetensors").write_bytes(struct.pack("<Q", len(encoded)) + encoded + payload)

manifest_path = folder / "manifest.json"
manifest = json.loads(manifest_path.read_text()) if manifest_path.exists() else {}
arguments = json.loads((pathlib.Path(source) / "golden" / "manifest.json").read_text()).get(stage)
if arguments is not None:
    manifest[stage] = arguments
    manifest_path.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
