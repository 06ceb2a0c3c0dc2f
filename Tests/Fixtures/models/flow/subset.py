"""Copies what the tests of v3 need out of the full set of model goldens.

usage: subset.py FULL_SET

Needs torch, to write the checkpoint again without what the tests do not read: training's buffers, and rows of the codebook,
which become zeros. The archive is deflated.
"""

import gzip
import hashlib
import io
import json
import pathlib
import struct
import sys
import zipfile

import torch

full = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).parent


def tensors(stage):
    data = (full / f"golden/{stage}.safetensors").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    for name, entry in header.items():
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        yield name, entry, data[start:end]


used = set()
for name, _, data in tensors("s2_v3"):
    if name in ("in.codes", "in.prompt_codes"):
        used.update(struct.unpack(f"<{len(data) // 8}q", data))
checkpoint = torch.load(full / "fixtures/pretrained_models/s2Gv3.pth", weights_only=False)
unread = ("linear_mel.", "_codebook.embed_avg", "_codebook.cluster_size")
checkpoint["weight"] = {
    name: tensor for name, tensor in checkpoint["weight"].items() if not any(part in name for part in unread)
}
codebook = checkpoint["weight"]["quantizer.vq.layers.0._codebook.embed"]
codebook[[row for row in range(len(codebook)) if row not in used]] = 0
saved = io.BytesIO()
torch.save(checkpoint, saved)
target = here / "fixtures/pretrained_models/s2Gv3.pth"
target.parent.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(saved) as archive, zipfile.ZipFile(target, "w") as small:
    for info in archive.infolist():
        small.writestr(zipfile.ZipInfo(info.filename), archive.read(info), zipfile.ZIP_DEFLATED, 9)
digest = hashlib.md5(target.read_bytes()[:8192]).hexdigest()
(here / "fixtures/known_hashes.json").write_text(json.dumps({digest: ["v2", "v3", False]}) + "\n")


def copy(stage, wanted):
    kept, payload = {}, b""
    for name, entry, data in tensors(stage):
        if wanted(name):
            kept[name] = {**entry, "data_offsets": [len(payload), len(payload) + len(data)]}
            payload += data
    encoded = json.dumps(kept).encode()
    (here / "golden").mkdir(exist_ok=True)
    with gzip.GzipFile(here / f"golden/{stage}.safetensors.gz", "wb", mtime=0) as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded + payload)


copy("s2_v3", lambda name: not name.startswith(("cfm8.", "cfm4.step1", "cfm4.step2")) and "speed0.8" not in name)
copy("spec", lambda name: name.startswith(("mel24k.main", "mel32k.main", "mel_basis")))
manifest = json.loads((full / "golden/manifest.json").read_text())
(here / "golden/manifest.json").write_text(json.dumps({"s2_v3": manifest["s2_v3"]}) + "\n")
