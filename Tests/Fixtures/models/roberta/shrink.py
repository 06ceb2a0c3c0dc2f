"""Makes a small copy of a BERT checkpoint: shrink.py CHECKPOINT OUT ROWS IDS.safetensors.

Every storage of ROWS rows (the word embeddings) keeps only the rows of the token ids in IDS (`N.input_ids`); the others
become zeros, and the archive is deflated. Standard library only.
"""

import json
import struct
import sys
import zipfile

source, out, rows, golden = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
data = open(golden, "rb").read()
(length,) = struct.unpack("<Q", data[:8])
used = set()
for name, entry in json.loads(data[8 : 8 + length]).items():
    if name.endswith(".input_ids"):
        start, end = entry["data_offsets"]
        used.update(struct.unpack(f"<{(end - start) // 8}q", data[8 + length + start : 8 + length + end]))
with zipfile.ZipFile(source) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as small:
    for info in archive.infolist():
        content = bytearray(archive.read(info))
        if len(content) > rows and len(content) % rows == 0:
            width = len(content) // rows
            for row in range(rows):
                if row not in used:
                    content[row * width : (row + 1) * width] = bytes(width)
        small.writestr(zipfile.ZipInfo(info.filename), bytes(content), zipfile.ZIP_DEFLATED)
