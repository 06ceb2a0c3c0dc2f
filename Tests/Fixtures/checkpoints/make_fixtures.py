"""Writes the checkpoint fixtures of this folder. Needs Python 3.11 and PyTorch 2.x; output is small and deterministic
apart from the identifiers that PyTorch itself puts into its archives.

    python make_fixtures.py
"""

import collections
import io
import json
import os
import pickle
import struct
import sys
import types
import zipfile

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(7)

# A class that a reader of the file does not have, as fine-tuned SoVITS files contain it.
utils = types.ModuleType("utils")


class HParams:
    def __init__(self, **fields):
        for name, value in fields.items():
            self.__dict__[name] = HParams(**value) if type(value) is dict else value


HParams.__module__, HParams.__qualname__ = "utils", "HParams"
utils.HParams = HParams
sys.modules["utils"] = utils


def path(name):
    return os.path.join(HERE, name)


def save(value, name, tag=None, **options):
    torch.save(value, path(name), **options)
    if tag:
        with open(path(name), "r+b") as file:
            file.write(tag)


def rezip(source, target, method=zipfile.ZIP_STORED, change=lambda name, data: data, root=None, zip64=False):
    limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
    if zip64:
        # Makes the module write every size and offset into zip64 fields.
        zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = -1, 0
    with zipfile.ZipFile(path(source)) as old, zipfile.ZipFile(path(target), "w", method) as new:
        for entry in old.infolist():
            name = entry.filename if root is None else root + entry.filename.split("/", 1)[1]
            data = change(entry.filename, old.read(entry))
            if data is not None:
                info = zipfile.ZipInfo(name)
                info.compress_type = method
                new.writestr(info, data)
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits


# --- first stage ------------------------------------------------------------------------------------------------------

WIDTH, TOKENS, PHONEMES, BERT, LAYERS = 8, 9, 12, 6, 1


def gpt():
    half = lambda *shape: torch.randn(*shape).half()
    weight = collections.OrderedDict()
    weight["model.bert_proj.weight"] = half(WIDTH, BERT)
    weight["model.bert_proj.bias"] = half(WIDTH)
    weight["model.ar_text_embedding.word_embeddings.weight"] = half(PHONEMES, WIDTH)
    weight["model.ar_text_position.alpha"] = half(1)
    weight["model.ar_audio_embedding.word_embeddings.weight"] = half(TOKENS, WIDTH)
    weight["model.ar_audio_position.alpha"] = half(1)
    for layer in range(LAYERS):
        prefix = f"model.h.layers.{layer}."
        weight[prefix + "self_attn.in_proj_weight"] = half(3 * WIDTH, WIDTH)
        weight[prefix + "self_attn.in_proj_bias"] = half(3 * WIDTH)
        weight[prefix + "self_attn.out_proj.weight"] = half(WIDTH, WIDTH)
        weight[prefix + "self_attn.out_proj.bias"] = half(WIDTH)
        weight[prefix + "linear1.weight"] = half(4 * WIDTH, WIDTH)
        weight[prefix + "linear1.bias"] = half(4 * WIDTH)
        weight[prefix + "linear2.weight"] = half(WIDTH, 4 * WIDTH)
        weight[prefix + "linear2.bias"] = half(WIDTH)
        for norm in ("norm1", "norm2"):
            weight[prefix + norm + ".weight"] = half(WIDTH)
            weight[prefix + norm + ".bias"] = half(WIDTH)
    weight["model.ar_predict_layer.weight"] = half(TOKENS, WIDTH)
    config = {
        "data": {"max_sec": 54},
        "model": {
            "vocab_size": TOKENS, "phoneme_vocab_size": PHONEMES, "embedding_dim": WIDTH, "hidden_dim": WIDTH, "head": 2,
            "linear_units": 4 * WIDTH, "n_layer": LAYERS, "dropout": 0, "EOS": TOKENS - 1,
        },
        "inference": {"top_k": 15},
        "pretrained_s1": "",
    }
    return {"weight": weight, "config": config, "info": "GPT-e10"}


torch.manual_seed(7)
good = gpt()
save(good, "gpt.ckpt")
save(good, "gpt_legacy.ckpt", _use_new_zipfile_serialization=False)
save(good, "gpt_protocol4.ckpt", pickle_protocol=4)
rezip("gpt.ckpt", "gpt_deflated.ckpt", zipfile.ZIP_DEFLATED)
rezip("gpt.ckpt", "gpt_zip64_no_folder.ckpt", root="", zip64=True)


def swapped(name, data):
    if name.endswith("byteorder"):
        return b"big"
    if "/data/" in name:
        return b"".join(data[i : i + 2][::-1] for i in range(0, len(data), 2))
    return data


rezip("gpt.ckpt", "gpt_big_endian.ckpt", change=swapped)
rezip("gpt.ckpt", "gpt_missing_storage.ckpt", change=lambda name, data: None if name.endswith("/data/3") else data)
rezip("gpt.ckpt", "gpt_short_storage.ckpt", change=lambda name, data: data[:-2] if name.endswith("/data/3") else data)

whole = open(path("gpt.ckpt"), "rb").read()
open(path("gpt_truncated_half.ckpt"), "wb").write(whole[: len(whole) // 2])
open(path("gpt_truncated_tail.ckpt"), "wb").write(whole[:-30])
legacy = open(path("gpt_legacy.ckpt"), "rb").read()
open(path("gpt_legacy_truncated.ckpt"), "wb").write(legacy[:-100])

bad = dict(good, config=HParams(**good["config"]))
save(bad, "gpt_config_class.ckpt")
bad = dict(good, weight=dict(good["weight"]))
del bad["weight"]["model.h.layers.0.norm2.bias"]
save(bad, "gpt_missing_tensor.ckpt")
bad = dict(good, weight=dict(good["weight"], **{"model.ar_predict_layer.weight": torch.zeros(TOKENS - 1, WIDTH).half()}))
save(bad, "gpt_wrong_shape.ckpt")
bad = dict(good, weight=dict(good["weight"], **{"model.extra.weight": torch.zeros(2).half()}))
save(bad, "gpt_unexpected_tensor.ckpt")
bad = dict(good, config=dict(good["config"], model=dict(good["config"]["model"], EOS=TOKENS - 2)))
save(bad, "gpt_eos_not_last.ckpt")
save({"state_dict": good["weight"]}, "gpt_no_weight_entry.ckpt")
nan = good["weight"]["model.h.layers.0.linear1.weight"].clone()
nan[0, 0], nan[3, 2] = float("nan"), float("-inf")
save(dict(good, weight=dict(good["weight"], **{"model.h.layers.0.linear1.weight": nan})), "gpt_nan.ckpt")


class Thing:
    pass


Thing.__module__, Thing.__qualname__ = "no_such_module.sub", "Thing"
sys.modules["no_such_module"] = types.ModuleType("no_such_module")
sys.modules["no_such_module.sub"] = module = types.ModuleType("no_such_module.sub")
module.Thing = Thing
thing = Thing()
thing.a, thing.b = 1, {"x": [1, 2.5, None]}
save(dict(good, extra=thing), "gpt_unknown_class.ckpt")

# --- what a pickle can hold -------------------------------------------------------------------------------------------

base = torch.arange(24, dtype=torch.float32)
values = collections.OrderedDict(
    float16=torch.tensor([[1.5, -2.0, 65504.0]], dtype=torch.float16),
    bfloat16=torch.tensor([[1.5, -2.0, 3.0e38]], dtype=torch.bfloat16),
    float32=torch.tensor([[1.5, -2.0, 0.1]], dtype=torch.float32),
    float64=torch.tensor([[1.5, -2.0, 0.1]], dtype=torch.float64),
    int8=torch.tensor([[1, -2, -128]], dtype=torch.int8),
    int16=torch.tensor([[1, -2, -32768]], dtype=torch.int16),
    int32=torch.tensor([[1, -2, -(2**31)]], dtype=torch.int32),
    int64=torch.tensor([[1, -2, 2**40]], dtype=torch.int64),
    uint8=torch.tensor([[1, 2, 255]], dtype=torch.uint8),
    bool=torch.tensor([[True, False, True]]),
    scalar=torch.tensor(2.5),
    empty=torch.zeros(0, 3),
    transposed=base.view(4, 6).t(),
    sliced=base.view(4, 6)[1:3, 1::2],
    shared=base,
    expanded=torch.tensor([7.0]).expand(5),
    parameter=torch.nn.Parameter(torch.tensor([1.0, 2.0])),
    complex64=torch.tensor([1 + 2j]),
    none=None, true=True, false=False, small=-7, large=2**40, minimum=-(2**63), bigger=2**63, biggest=10**40,
    negative=-(10**40), number=0.1, infinite=float("inf"), text="héllo\n☃", data=b"\x00\xff",
    list=[1, [2, []]], tuple=(1, (2,), ()), set={3}, default=collections.defaultdict(list, {"k": [1]}),
    size=torch.Size([2, 3]), dtype=torch.float16, device=torch.device("cuda:1"),
    state=torch.nn.Linear(2, 1).state_dict(), keys={1: "one", "1": "text"},
)  # fmt: skip
for name, options in {
    "values.pt": {}, "values_protocol5.pt": {"pickle_protocol": 5},
    "values_legacy.pt": {"_use_new_zipfile_serialization": False},
    "values_legacy_protocol4.pt": {"_use_new_zipfile_serialization": False, "pickle_protocol": 4},
}.items():  # fmt: skip
    save(values, name, **options)

circle = [1]
circle.append(circle)
ring = {"inner": {}}
ring["inner"]["outer"] = ring
knot = Thing()
knot.me = knot
save({"list": circle, "dictionary": ring, "object": knot}, "recursive.pt")

laughs = ["ha"] * 10
for _ in range(12):
    laughs = [laughs] * 10
save({"laughs": laughs}, "billion_laughs.pt")
deep = []
for _ in range(400):
    deep = [deep]
save({"deep": deep}, "deep.pt")

# --- second stage -----------------------------------------------------------------------------------------------------


def sovits(version, rows=732, **extra):
    half = lambda *shape: torch.randn(*shape).half()
    weight = collections.OrderedDict()
    weight["enc_p.text_embedding.weight"] = half(rows, 2)
    for part in ("dec.conv_post", "flow.flows.0.pre", "ref_enc.fc.fc", "ssl_proj", "quantizer.vq.layers.0._codebook"):
        weight[part + ".weight"] = half(2, 2)
    weight.update(extra)
    config = {
        "data": {"filter_length": 2048, "sampling_rate": 32000, "hop_length": 640, "win_length": 2048, "n_speakers": 300},
        "train": {"segment_size": 20480},
        "model": {
            "inter_channels": 4, "hidden_channels": 4, "filter_channels": 8, "n_heads": 2, "n_layers": 2,
            "kernel_size": 3, "resblock": "1", "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3, 5]],
            "upsample_rates": [10, 8], "upsample_initial_channel": 8, "upsample_kernel_sizes": [16, 16],
            "gin_channels": 4, "version": version,
        },
    }  # fmt: skip
    return collections.OrderedDict(weight=weight, config=HParams(**config), info="8epoch_128iteration")


def lora(version, rank=2, factors=True):
    value = sovits(version)
    weight = collections.OrderedDict()
    weight["bridge.0.weight"] = torch.randn(2, 2).half()
    if factors:
        prefix = "cfm.base_model.model.estimator.transformer_blocks.0.attn.to_q."
        weight[prefix + "lora_A.default.weight"] = torch.randn(2, 6).half()
        weight[prefix + "lora_B.default.weight"] = torch.randn(6, 2).half()
    value["weight"], value["lora_rank"] = weight, rank
    return value


speaker = {"sv_emb.weight": torch.randn(2, 2).half(), "ge_to512.weight": torch.randn(2, 2).half(),
           "prelu.weight": torch.randn(2).half()}  # fmt: skip
save(sovits("v1", rows=322), "sovits_v1.pth")
save(sovits("v2", **{"enc_q.pre.weight": torch.zeros(2).half(), "mystery.weight": torch.zeros(2)}), "sovits_v2.pth")
save(sovits("v2Pro", **speaker), "sovits_v2Pro.pth", tag=b"05")
save(lora("v3"), "sovits_v3_lora.pth", tag=b"03")
save(lora("v4"), "sovits_v4_lora.pth", tag=b"04")
save(sovits("v2"), "sovits_head99.pth", tag=b"99")
save(sovits("v2"), "sovits_head05_v2_content.pth", tag=b"05")
save(sovits("v2Pro", **speaker), "sovits_v2Pro_without_tag.pth")
save(lora("v3", factors=False), "sovits_head03_without_factors.pth", tag=b"03")
save(lora("v3", rank=4), "sovits_head03_other_rank.pth", tag=b"03")
broken = sovits("v2")
broken["config"] = {"data": {}, "model": {}}
save(broken, "sovits_config_without_fields.pth")

# --- hostile ----------------------------------------------------------------------------------------------------------


class Call:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


import subprocess  # noqa: E402

save(dict(weight={"a": torch.zeros(1)}, config=Call(os.system, "touch pickle_was_executed")), "calls_os_system.ckpt")
save(dict(weight={"a": torch.zeros(1)}, config=Call(eval, "1")), "calls_eval_protocol4.ckpt", pickle_protocol=4)
save([Call(subprocess.check_output, "true")], "calls_subprocess_legacy.ckpt", _use_new_zipfile_serialization=False)
open(path("calls_plain_pickle.ckpt"), "wb").write(pickle.dumps(Call(os.system, "touch pickle_was_executed"), 2))
open(path("plain_pickle.ckpt"), "wb").write(pickle.dumps({"weight": {}}, 2))
with zipfile.ZipFile(path("bomb.ckpt"), "w", zipfile.ZIP_DEFLATED) as archive:
    buffer = io.BytesIO()
    torch.save({"weight": {"a": torch.zeros(1)}}, buffer)
    with zipfile.ZipFile(buffer) as source:
        # The pickle asks for 16 Mi elements instead of one.
        data = source.read("archive/data.pkl").replace(b"q\x08K\x01t", b"q\x08J\x00\x00\x00\x01t")
        assert b"J\x00\x00\x00\x01t" in data
    archive.writestr(zipfile.ZipInfo("archive/data.pkl"), data)
    entry = zipfile.ZipInfo("archive/data/0")
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, bytes(64 << 20))
with zipfile.ZipFile(path("other.zip"), "w") as archive:
    archive.writestr("readme.txt", "hello")
scripted = torch.jit.script(torch.nn.Linear(1, 1))
torch.jit.save(scripted, path("torchscript.pt"))
open(path("empty.ckpt"), "wb").close()
open(path("text.ckpt"), "w").write("This is not a checkpoint.\n" * 4)
open(path("web_page.ckpt"), "w").write("<!DOCTYPE html><html><body>Not found</body></html>\n")

# --- safetensors ------------------------------------------------------------------------------------------------------


def safetensors(name, header, data, text=None):
    text = json.dumps(header, separators=(",", ":")).encode() if text is None else text
    open(path(name), "wb").write(struct.pack("<Q", len(text)) + text + data)


entry = lambda dtype, shape, begin, end: {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
floats = struct.pack("<6f", 1, 2, 3, 4, 5, 6)
safetensors(
    "good.safetensors",
    {"__metadata__": {"format": "pt", "n\u00f6te": "a\"\\\n\U0001f600"}, "a": entry("F32", [2, 3], 0, 24),
     "b": entry("BF16", [2], 24, 28), "c": entry("I64", [], 28, 36), "d": entry("BOOL", [0, 5], 36, 36)},
    floats + b"\x80\x3f\x00\xc0" + struct.pack("<q", -5),
)  # fmt: skip
safetensors("bad_overlap.safetensors", {"a": entry("F32", [6], 0, 24), "b": entry("F32", [1], 4, 8)}, floats)
safetensors("bad_gap.safetensors", {"a": entry("F32", [1], 0, 4), "b": entry("F32", [1], 8, 12)}, floats[:12])
safetensors("bad_size.safetensors", {"a": entry("F32", [7], 0, 24)}, floats)
safetensors("bad_overflow.safetensors", {"a": entry("F32", [2**62, 4], 0, 24)}, floats)
safetensors("bad_type.safetensors", {"a": entry("F8_E4M3", [24], 0, 24)}, floats)
safetensors("bad_short.safetensors", {"a": entry("F32", [6], 0, 24)}, floats[:20])
safetensors("bad_long.safetensors", {"a": entry("F32", [6], 0, 24)}, floats + b"x")
safetensors("bad_twice.safetensors", None, floats, b'{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},"a":{}}')
safetensors("bad_json.safetensors", None, floats, b'{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,-24]}}')
safetensors("bad_end.safetensors", None, b"", b'{"a":{"dtype":"F3')
open(path("bad_length.safetensors"), "wb").write(struct.pack("<Q", 1 << 20) + b'{"a":')
