"""Makes this folder: small vocoders and a bandwidth extension with random weights, and what the reference computes with them.

Usage: python make.py <GPT-SoVITS checkout>     (torch, numpy, safetensors; the reference's code runs as it is)
"""

import json
import pathlib
import sys
import types
from unittest import mock

import torch
from safetensors.torch import save_file

root = sys.argv[1]
sys.path[:0] = [root + "/GPT_SoVITS", root + "/tools/AP_BWE_main"]
# What the reference imports beside, and these models do not need.
for name in ["huggingface_hub", "f5_tts", "f5_tts.model", "torchaudio", "torchaudio.functional", "module.quantize"]:
    sys.modules[name] = mock.MagicMock()
sys.modules["huggingface_hub"].PyTorchModelHubMixin = type("Mixin", (), {})
sys.modules["text"] = types.SimpleNamespace(symbols=None, symbols2=None)

from BigVGAN.bigvgan import BigVGAN
from BigVGAN.env import AttrDict
from datasets1.dataset import amp_pha_istft, amp_pha_stft
from models.model import APNet_BWE_Model
from module.models import Generator

here = pathlib.Path(__file__).parent
torch.manual_seed(20261123)
torch.set_num_threads(1)
golden = {}


def randomize(model):
    for name, tensor in model.named_parameters():
        with torch.no_grad():
            if name.endswith("weight_g"):
                tensor.uniform_(0.6, 1.1)
            elif tensor.dim() > 1:
                tensor.normal_(0, 1 / tensor[0].numel() ** 0.5)
            elif name.endswith(("alpha", "beta")):
                tensor.uniform_(0.3, 1.2)
            elif "norm" in name and name.endswith("weight"):
                tensor.uniform_(0.8, 1.2)
            else:
                tensor.normal_(0, 0.1)
    return model.eval()


def folder(path):
    result = here / "fixtures" / path
    result.mkdir(parents=True, exist_ok=True)
    return result


def keep(name):
    return lambda module, inputs, output: golden.update({name: output.clone()})


def bigvgan(prefix, path, **changes):
    config = {
        "resblock": "1",
        "upsample_rates": [4, 2],
        "upsample_kernel_sizes": [8, 4],
        "upsample_initial_channel": 40,
        "resblock_kernel_sizes": [3, 7],
        "resblock_dilation_sizes": [[1, 3], [1, 5]],
        "use_tanh_at_final": False,
        "use_bias_at_final": False,
        "activation": "snakebeta",
        "snake_logscale": True,
        "num_mels": 12,
        "sampling_rate": 24000,
    } | changes
    model = randomize(BigVGAN(AttrDict(config)))
    model.conv_pre.register_forward_hook(keep(f"{prefix}.conv_pre"))
    for index in range(2):
        model.resblocks[index].register_forward_hook(keep(f"{prefix}.res{index}"))
    golden[f"{prefix}.mel"] = torch.randn(1, 12, 31) * 2 - 3
    golden[f"{prefix}.audio"] = model(golden[f"{prefix}.mel"])
    place = folder(path)
    (place / "config.json").write_text(json.dumps(config, indent=1))
    torch.save({"generator": model.state_dict()}, place / "bigvgan_generator.pt")


with torch.no_grad():
    name = "pretrained_models/models--nvidia--bigvgan_v2_24khz_100band_256x"
    bigvgan("bigvgan", name)
    linear = {"activation": "snake", "snake_logscale": False, "resblock": "2"}
    bigvgan("bigvgan2", name + "-other", use_tanh_at_final=True, use_bias_at_final=True, **linear)

    vocoder = Generator(
        initial_channel=20,
        resblock="1",
        resblock_kernel_sizes=[3, 7, 11],
        resblock_dilation_sizes=[[1, 3, 5]] * 3,
        upsample_rates=[10, 6, 2, 2, 2],
        upsample_initial_channel=32,
        upsample_kernel_sizes=[20, 12, 4, 4, 4],
        gin_channels=0,
        is_bias=True,
    )
    vocoder.remove_weight_norm()
    randomize(vocoder)
    vocoder.conv_pre.register_forward_hook(keep("hifigan48k.conv_pre"))
    for index in range(2):
        vocoder.resblocks[index].register_forward_hook(keep(f"hifigan48k.res{index}"))
    golden["hifigan48k.mel"] = torch.randn(1, 20, 11) * 2 - 3
    golden["hifigan48k.audio"] = vocoder(golden["hifigan48k.mel"])
    torch.save(vocoder.state_dict(), folder("pretrained_models/gsv-v4-pretrained") / "vocoder.pth")

    config = {"ConvNeXt_channels": 24, "ConvNeXt_layers": 2, "n_fft": 128, "hop_size": 20, "win_size": 80}
    config |= {"hr_sampling_rate": 48000, "lr_sampling_rate": 24000, "subsampling_rate": 2}
    model = randomize(APNet_BWE_Model(AttrDict(config)))
    signal = (torch.randn(1, 3000) * 0.2).cumsum(1) * 0.1
    sizes = config["n_fft"], config["hop_size"], config["win_size"]
    amplitude, phase, _ = amp_pha_stft(signal, *sizes)
    wide_amplitude, wide_phase, _ = model(amplitude, phase)
    golden["apbwe.resampled"] = signal
    golden["apbwe.logamp_in"], golden["apbwe.phase_in"] = amplitude, phase
    golden["apbwe.logamp_out"], golden["apbwe.phase_out"] = wide_amplitude, wide_phase
    golden["apbwe.audio"] = amp_pha_istft(wide_amplitude, wide_phase, *sizes).squeeze()
    place = folder("apbwe/24kto48k")
    (place / "config.json").write_text(json.dumps(config, indent=1))
    torch.save({"generator": model.state_dict()}, place / "g_24kto48k.zip")

(here / "golden").mkdir(exist_ok=True)
save_file({name: value.contiguous() for name, value in golden.items()}, here / "golden/vocoder.safetensors")
