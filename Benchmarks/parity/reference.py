#!/usr/bin/env python3
"""Speaks the requests with the reference's own TTS class, in float32 on one thread of the CPU.

    python3 Benchmarks/parity/reference.py --reference GPT-SoVITS --models models --chorus chorus --version v2

Writes models/spoken/<version>.npz with the int16 audio of each case, or the error that it raised.
"""

import argparse
import contextlib
import functools
import json
import os
import subprocess
import sys
import types
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy
import torch

import layout
import widths
from cases import ALL, requests


class FrontEnd:
    """Takes phones and normalised text from `chorus phonemes`."""

    def __init__(self, chorus):
        self.chorus = chorus

    @functools.lru_cache(maxsize=None)
    def ask(self, text, language, version="v2", *flags):
        line = {"text": text, "lang": language, "version": "v1" if version == "v1" else "v2"}
        answer = subprocess.run(
            [self.chorus, "phonemes", *flags], input=json.dumps(line), capture_output=True, text=True, check=True)
        return json.loads(answer.stdout)

    def clean(self, text, language, version):
        fields = self.ask(text, language, version)
        return fields["phones"].split(" "), fields["word2ph"], fields["norm_text"]

    def segments(self, text, language="zh"):
        return self.ask(text, language, "v2", "--stage", "segments")["segments"]


def stub_text(front_end):
    """Puts `front_end` in the place of the reference's own, whose packages are many; it is compared elsewhere."""
    segmenter = types.ModuleType("text.LangSegmenter")
    segmenter.LangSegmenter = types.SimpleNamespace(
        getTexts=front_end.segments)
    cleaner = types.ModuleType("text.cleaner")
    cleaner.clean_text = front_end.clean
    sys.modules.update({
        "text.LangSegmenter": segmenter, "text.cleaner": cleaner, "text.chinese": types.ModuleType("text.chinese")})


def load_audio(path):
    """What torchaudio.load gives, without the library that newer versions need."""
    import soundfile

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return torch.from_numpy(samples.T.copy()), rate


def open_reference(root, version, chorus):
    """The TTS of one version over the models in the working directory."""
    stub_text(FrontEnd(chorus))
    import torchaudio

    torchaudio.load = load_audio
    dims = json.loads((root / "dims.json").read_text())
    widths.apply(dims)
    widths.set_version(version.removesuffix("LoRA"))
    import process_ckpt
    from TTS_infer_pack import TTS as module
    from TTS_infer_pack.TextPreprocessor import TextPreprocessor

    for model in ("v3", "v4"):  # which the reference knows by the hash of the published files only
        file = layout.PRETRAINED + layout.SECOND[model]
        process_ckpt.hash_pretrained_dict[process_ckpt.get_hash_from_file(file)] = ["v2", model, False]
    generator = module.Generator
    module.Generator = lambda **sizes: generator(**{**sizes, "upsample_initial_channel": dims["voc4"]})
    super_sampler = module.AP_BWE
    module.AP_BWE = lambda device, kind: super_sampler(device, kind, "tools/AP_BWE_main/24kto48k/g_24kto48k.zip")
    # Languages without BERT get zeros of a width that is written into the code.
    features = TextPreprocessor.get_bert_inf
    TextPreprocessor.get_bert_inf = lambda self, phones, word2ph, text, language: (
        features(self, phones, word2ph, text, language)
        if language == "zh" else torch.zeros(dims["bert"], len(phones)))
    return module.TTS({"custom": layout.settings(version), **module.TTS_Config.default_configs})


def as_inputs(request):
    """Request fields as api_v2 hands them on."""
    mode = request.get("streaming_mode", 0)
    inputs = {**request, "streaming_mode": mode >= 2, "return_fragment": mode == 1, "fixed_length_chunk": mode == 3}
    inputs["ref_audio_path"] = "recordings/" + inputs["ref_audio_path"]
    inputs["aux_ref_audio_paths"] = ["recordings/" + name for name in inputs.get("aux_ref_audio_paths", [])]
    return inputs


def speak(tts, request):
    inputs = as_inputs(request)
    # HuBERT of transformers draws a number for each layer, though it uses none; on the CPU, where all numbers come from one
    # generator, a recording that is new to the server would shift what follows.
    if inputs["ref_audio_path"] != tts.prompt_cache["ref_audio_path"]:
        tts.set_ref_audio(inputs["ref_audio_path"])
    chunks = list(tts.run(inputs))
    return chunks[0][0], numpy.concatenate([samples for _, samples in chunks])


@contextlib.contextmanager
def other_kernels():
    """Two threads and no oneDNN: another order of summation, by which tokens with nearly equal odds may change."""
    torch.set_num_threads(2)
    torch.backends.mkldnn.enabled = False
    yield
    torch.backends.mkldnn.enabled = True
    torch.set_num_threads(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reference", required=True, help="a checkout of RVC-Boss/GPT-SoVITS")
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--chorus", required=True, help="the program, for the text front-end")
    parser.add_argument("--version", choices=ALL, required=True)
    options = parser.parse_args()
    widths.add_reference(options.reference)
    sys.argv = sys.argv[:1]
    torch.set_num_threads(1)
    chorus = os.path.abspath(options.chorus)
    os.chdir(options.models)
    tts = open_reference(Path("."), options.version, chorus)
    spoken = {}
    for _, name, request in requests([options.version]):
        rate, samples = speak(tts, request)
        with other_kernels():
            spoken[name + " again"] = speak(tts, request)[1]
        spoken[name], spoken[name + " rate"] = samples, rate
        print(f"=== {options.version} {name}: {len(samples) / rate:.2f} s", file=sys.stderr)
    Path("spoken").mkdir(exist_ok=True)
    numpy.savez(f"spoken/{options.version}.npz", **spoken)


if __name__ == "__main__":
    main()
