"""Makes this folder: a small speaker verification network with random weights, and what the reference computes with it.

Usage: python make.py <GPT-SoVITS checkout>     (torch, numpy, safetensors; the reference's code runs as it is)
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file

sys.path.insert(0, sys.argv[1] + "/GPT_SoVITS/eres2net")
import kaldi
from ERes2NetV2 import ERes2NetV2

here = pathlib.Path(__file__).parent
torch.manual_seed(20261122)
torch.set_num_threads(1)

model = ERes2NetV2(
    m_channels=8, num_blocks=[1, 1, 2, 1], embedding_size=4, baseWidth=24, scale=4, expansion=2
).eval()
for name, tensor in model.state_dict().items():
    if name.endswith("running_var"):
        tensor.uniform_(0.5, 1.5)
    elif name.endswith("running_mean") or name.endswith("bias"):
        tensor.normal_(0, 0.1)
    elif tensor.dim() == 1 and tensor.is_floating_point():
        tensor.uniform_(0.7, 1.3)
    elif tensor.dim() > 1:
        tensor.normal_(0, 1.4 / tensor[0].numel() ** 0.5)

time = torch.arange(20000) / 16000
wave = sum(torch.sin(6.2831853 * 150 * k * time + k) / k for k in range(1, 20)) * 0.1
wave = (wave * (1 + torch.sin(25 * time)) + 0.01 * torch.randn(20000)).unsqueeze(0)
with torch.no_grad():
    bank = kaldi.fbank(wave, num_mel_bins=80, sample_frequency=16000, dither=0)
    kept = {}
    model.fuse34.register_forward_hook(lambda module, inputs, output: kept.update(fused=output))
    embedding = model.forward3(bank.unsqueeze(0))

name = "main_44k_stereo.wav"
(here / "golden").mkdir(exist_ok=True)
save_file(
    {
        f"wav16k.{name}": wave,
        f"fbank.{name}": bank.contiguous(),
        f"fuse34.{name}": kept["fused"][:, ::8].contiguous(),
        f"emb.{name}": embedding.contiguous(),
    },
    here / "golden/sv.safetensors",
)
folder = here / "fixtures/pretrained_models/sv"
folder.mkdir(parents=True, exist_ok=True)
state = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("seg_1")}
torch.save(state, folder / "pretrained_eres2netv2w24s4ep4.ckpt")
