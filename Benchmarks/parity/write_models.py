#!/usr/bin/env python3
"""Writes a folder of small random models, laid out and packed like the published ones, and recordings.

    python3 Benchmarks/parity/write_models.py --reference GPT-SoVITS --seed 7 --out models

Widths, depths, heads, kernels and upsampling are drawn from the seed. dims.json tells those that the reference has in its code.
"""

import argparse
import io
import json
import math
import random
import warnings
from collections import OrderedDict
from pathlib import Path

import torch

import widths
from layout import FIRST, PRETRAINED, SECOND
from weights import randomize

warnings.filterwarnings("ignore")

HEAD_BYTES = {"v2Pro": b"05", "v2ProPlus": b"06", "v3 LoRA": b"03", "v4 LoRA": b"04"}
CHARACTERS = "今天气不错我们去公园走吧昨有三十个人在那里唱歌银行很远明早上八点见面大家都说好山水风景如画他她"


def draw_dims(source):
    """The widths that the reference has in its code."""
    channels = source.choice([4, 8, 12])
    return {
        "ssl": source.choice([48, 64, 112, 128]), "bert": source.choice([36, 60, 64]),
        "mrte": source.choice([32, 56, 64]), "cond": source.choice([24, 36, 48]),
        "dit_dim": source.choice([64, 192]), "dit_depth": source.choice([1, 3]), "voc4": source.choice([32, 96]),
        "sv_m": channels, "sv_blocks": [source.choice([1, 2, 3]) for _ in range(4)],
        "sv_embed": source.choice([6, 12]), "sv_dim": 10 * channels * 8 * 4,
        "style": {version: source.choice([16, 24, 40]) for version in SECOND},
        "lora_rank": {"v3": source.choice([2, 16]), "v4": source.choice([3, 6])},
    }


def first_stage(source, version):
    width = source.choice([64, 80, 128])
    return {
        "data": {"max_eval_sample": 8, "max_sec": source.choice([2, 3]), "num_workers": 4, "pad_val": 1024},
        "model": {
            "vocab_size": 1025, "phoneme_vocab_size": 512 if version == "v1" else 732, "embedding_dim": width,
            "hidden_dim": width, "head": source.choice([4, 8, 16]), "linear_units": 4 * width,
            "n_layer": source.choice([2, 4]), "dropout": 0, "EOS": 1024, "random_bert": 0,
        },
        "inference": {"top_k": 5},
    }


def second_stage(source, version, dims):
    rates, kernels = source.choice([
        ([10, 8, 2, 2, 2], [16, 16, 8, 2, 2]), ([8, 5, 4, 4], [16, 11, 8, 4]), ([10, 8, 4, 2], [20, 16, 8, 4]),
        ([20, 16, 2], [40, 32, 4]),
    ])
    heads = source.choice([1, 2, 4])
    hidden = heads * source.choice([12, 20])
    # v3 and v4 take the joint encoder's frames where the others take a latent.
    latent = hidden if version in ("v3", "v4") else source.choice([16, 20, 40])
    return {
        "train": {"segment_size": 20480, "seed": 1234},
        "data": {
            "sampling_rate": 32000, "filter_length": 2048, "hop_length": 640, "win_length": 2048,
            "n_mel_channels": 128, "n_speakers": 300, "max_wav_value": 32768.0,
        },
        "model": {
            "inter_channels": latent, "hidden_channels": hidden,
            "filter_channels": source.choice([48, 72]), "n_heads": heads, "n_layers": source.choice([2, 4, 6]),
            "kernel_size": source.choice([3, 5]), "p_dropout": 0.1, "resblock": "1",
            "resblock_kernel_sizes": source.choice([[3, 7, 11], [3, 5], [5]]),
            "resblock_dilation_sizes": [[1, 3, 5]] * 3, "upsample_rates": rates,
            "upsample_initial_channel": source.choice([32, 64, 96]), "upsample_kernel_sizes": kernels,
            "n_layers_q": 3, "use_spectral_norm": False,
            "gin_channels": source.choice([40, 72]) if "Pro" in version else dims["mrte"],
            "semantic_frame_rate": "25hz", "freeze_quantizer": True,
        },
    }


def save(value, path, head=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    torch.save(value, buffer)
    data = buffer.getvalue()
    path.write_bytes((head + data[2:]) if head else data)


def halves(state):
    return OrderedDict((name, tensor.half() if tensor.is_floating_point() else tensor) for name, tensor in state.items())


def write_first_stages(root, source, generator):
    from AR.models.t2s_lightning_module import Text2SemanticLightningModule

    for version in ["v1", "v2", "v4"]:
        config = first_stage(source, version)
        model = Text2SemanticLightningModule(config, "", is_train=False)
        randomize(model, generator)
        with torch.no_grad():  # so that speech ends
            model.model.ar_predict_layer.weight[config["model"]["EOS"]] *= 1.8
        state = OrderedDict((name, tensor) for name, tensor in halves(model.state_dict()).items() if "metric" not in name)
        save({"weight": state, "config": config, "info": "GPT-e1"}, root / PRETRAINED / FIRST[version])


def write_second_stages(root, source, generator, dims):
    import module.models as models
    from peft import LoraConfig, get_peft_model

    for version, place in SECOND.items():
        widths.set_version(version)
        config = second_stage(source, version, dims)
        sizes = {**config["model"], "version": version}
        blocks = len(sizes["resblock_kernel_sizes"])
        sizes["resblock_dilation_sizes"] = config["model"]["resblock_dilation_sizes"] = sizes[
            "resblock_dilation_sizes"][:blocks]
        kind = models.SynthesizerTrnV3 if version in ("v3", "v4") else models.SynthesizerTrn
        model = kind(1025, 32, n_speakers=300, **sizes)
        randomize(model, generator)
        state = OrderedDict((name, tensor) for name, tensor in halves(model.state_dict()).items() if "enc_q" not in name)
        save({"weight": state, "config": config, "info": "1epoch"}, root / PRETRAINED / place, HEAD_BYTES.get(version))
        if version not in dims["lora_rank"]:
            continue
        rank = dims["lora_rank"][version]
        model.cfm = get_peft_model(
            model.cfm, LoraConfig(target_modules=["to_k", "to_q", "to_v", "to_out.0"], r=rank, lora_alpha=rank))
        randomize(model, generator)
        kept = ("lora_", "ref_enc.", "bridge.", "wns1.", "linear_mel.")
        state = OrderedDict(
            (name, tensor) for name, tensor in halves(model.state_dict()).items()
            if name.startswith(kept[1:]) or "lora_" in name)
        save(
            {"weight": state, "config": config, "info": "1epoch", "lora_rank": rank},
            root / f"SoVITS_weights_{version}/lora.pth", HEAD_BYTES[version + " LoRA"])


def write_encoders(root, source, generator, dims):
    from tokenizers import Tokenizer, models as token_models, normalizers, pre_tokenizers, processors
    from transformers import (
        BertConfig, BertForMaskedLM, HubertConfig, HubertModel, PreTrainedTokenizerFast, Wav2Vec2FeatureExtractor)

    heads = source.choice([head for head in (2, 4, 8) if dims["ssl"] % head == 0])
    folder = root / PRETRAINED / "chinese-hubert-base"
    convolution = source.choice([16, 40])
    config = HubertConfig(
        hidden_size=dims["ssl"], num_attention_heads=heads, num_hidden_layers=source.choice([2, 5]),
        intermediate_size=source.choice([72, 200]), conv_dim=[convolution] * 7, num_conv_pos_embeddings=128,
        num_conv_pos_embedding_groups=source.choice([8, 16]), architectures=["HubertModel"])
    model = HubertModel(config)
    randomize(model, generator)
    renamed = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    state = halves(model.state_dict())
    for old, new in renamed.items():
        state = OrderedDict((name.replace(old, new), tensor) for name, tensor in state.items())
    save(state, folder / "pytorch_model.bin")
    config.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(folder)

    folder = root / PRETRAINED / "chinese-roberta-wwm-ext-large"
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *",.!?…-", *dict.fromkeys(CHARACTERS)]
    tokenizer = Tokenizer(token_models.WordPiece({word: index for index, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]",
        mask_token="[MASK]").save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=dims["bert"],
        num_attention_heads=source.choice([head for head in (1, 2, 4) if dims["bert"] % head == 0]),
        num_hidden_layers=source.choice([3, 6]), intermediate_size=source.choice([88, 160]),
        layer_norm_eps=1e-12, architectures=["BertForMaskedLM"])
    model = BertForMaskedLM(config)
    randomize(model, generator)
    save(halves(model.state_dict()), folder / "pytorch_model.bin")
    config.save_pretrained(folder)


def write_vocoders(root, source, generator, dims):
    from BigVGAN.bigvgan import BigVGAN
    from BigVGAN.env import AttrDict
    from models.model import APNet_BWE_Model
    from module.models import Generator
    from sv import ERes2NetV2

    folder = root / PRETRAINED / "models--nvidia--bigvgan_v2_24khz_100band_256x"
    rates, kernels = source.choice([
        ([4, 4, 2, 2, 2, 2], [8, 8, 4, 4, 4, 4]), ([8, 8, 2, 2], [16, 16, 4, 4]), ([4, 4, 4, 4], [8, 8, 8, 8]),
    ])
    config = {
        "resblock": source.choice(["1", "2"]), "upsample_rates": rates, "upsample_kernel_sizes": kernels,
        "upsample_initial_channel": source.choice([64, 128]), "resblock_kernel_sizes": source.choice([[3, 7, 11], [3, 5]]),
        "resblock_dilation_sizes": [[1, 3, 5]] * 3, "use_tanh_at_final": source.choice([True, False]),
        "use_bias_at_final": source.choice([True, False]), "activation": source.choice(["snakebeta", "snake"]),
        "snake_logscale": True, "num_mels": 100, "n_fft": 1024, "hop_size": 256, "win_size": 1024,
        "sampling_rate": 24000, "fmin": 0, "fmax": None,
    }
    config["resblock_dilation_sizes"] = config["resblock_dilation_sizes"][: len(config["resblock_kernel_sizes"])]
    model = BigVGAN(AttrDict(config))
    # Far from where the sound would clip, and with residuals that a snake's bends do not take to chaos.
    quiet = {r"conv_pre\.": 0.3, r"conv_post\.": 0.05, r"resblocks\.": 0.5}
    randomize(model, generator, quiet)
    save({"generator": model.state_dict()}, folder / "bigvgan_generator.pt")
    (folder / "config.json").write_text(json.dumps(config, indent=1))

    model = Generator(
        initial_channel=100, resblock="1", resblock_kernel_sizes=[3, 7, 11], resblock_dilation_sizes=[[1, 3, 5]] * 3,
        upsample_rates=[10, 6, 2, 2, 2], upsample_initial_channel=dims["voc4"],
        upsample_kernel_sizes=[20, 12, 4, 4, 4], gin_channels=0, is_bias=True)
    model.remove_weight_norm()
    randomize(model, generator, quiet)
    save(model.state_dict(), root / PRETRAINED / "gsv-v4-pretrained/vocoder.pth")

    model = ERes2NetV2(baseWidth=24, scale=4, expansion=4)
    randomize(model, generator)
    save(model.state_dict(), root / PRETRAINED / "sv/pretrained_eres2netv2w24s4ep4.ckpt")

    folder = root / "tools/AP_BWE_main/24kto48k"
    config = {
        "ConvNeXt_channels": source.choice([12, 24]), "ConvNeXt_layers": source.choice([2, 4]), "n_fft": 1024,
        "hop_size": 80, "win_size": 320, "hr_sampling_rate": 48000, "lr_sampling_rate": 24000,
    }
    model = APNet_BWE_Model(AttrDict(config))
    randomize(model, generator)
    save({"generator": model.state_dict()}, folder / "g_24kto48k.zip")
    (folder / "config.json").write_text(json.dumps(config, indent=1))


def write_recordings(root, source, generator):
    import soundfile

    rates = source.sample([11025, 16000, 22050, 24000, 32000, 44100, 48000], 4)
    for name, rate, channels, seconds, peak in [
        ("main", rates[0], 2, source.uniform(3.1, 4.5), 0.7), ("second", rates[1], 1, source.uniform(3.1, 4.0), 1.4),
        ("aux1", rates[2], 1, source.uniform(1.0, 2.5), 0.5), ("aux2", rates[3], 2, source.uniform(1.0, 2.5), 0.9),
    ]:
        count = int(rate * seconds)
        time = torch.arange(count) / rate
        sound = torch.zeros(channels, count)
        for _ in range(6):
            pitch, depth = source.uniform(90, 3000), source.uniform(1, 6)
            phase = torch.rand(channels, 1, generator=generator) * 2 * math.pi
            sound += torch.sin(2 * math.pi * pitch * time + depth * torch.sin(2 * math.pi * 3 * time) + phase)
        sound += 0.5 * torch.randn(channels, count, generator=generator)
        sound *= 0.6 + 0.4 * torch.sin(2 * math.pi * 1.7 * time)
        sound *= peak / sound.abs().max()
        path = root / f"recordings/{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound.T.numpy(), rate, subtype="FLOAT" if peak > 1 else "PCM_16")


def write(root, seed):
    source, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    dims = {**draw_dims(source), "seed": seed}
    widths.apply(dims)
    root.mkdir(parents=True, exist_ok=True)
    (root / "dims.json").write_text(json.dumps(dims, indent=1))
    write_first_stages(root, source, generator)
    write_second_stages(root, source, generator, dims)
    write_encoders(root, source, generator, dims)
    write_vocoders(root, source, generator, dims)
    write_recordings(root, source, generator)
    return dims


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reference", required=True, help="a checkout of RVC-Boss/GPT-SoVITS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    widths.add_reference(options.reference)
    print(json.dumps(write(options.out, options.seed)))
