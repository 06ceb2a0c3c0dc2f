"""Random weights that keep activations at a sane size, by the kind of each tensor."""

import math
import re

import torch

# Tensors whose weights are drawn smaller or larger than 1 / sqrt(fan in), by a part of their name.
GAINS = {
    r"conv_post\.": 0.5, r"enc_p\.proj\.": 0.7, r"ref_enc\.fc\.": 0.2, r"sv_emb\.": 0.02, r"\.post\.": 0.7,
    r"attn_norm\.linear": 0.6, r"norm_out\.linear": 0.5, r"proj_out\.": 0.5, r"linear_post": 0.6,
    r"ar_predict_layer": 2.7,
}
NORM = re.compile(r"(norm|gamma|\bln\b|bn\d|bns|shortcut\.1|local_att\.[14]|layer_norm|LayerNorm)", re.IGNORECASE)


def randomize(module, generator, gains=None):
    """Draws every floating-point tensor of a module anew, in the order of their names; `gains` go before the usual ones."""
    gains = [*(gains or {}).items(), *GAINS.items()]

    def normal(tensor, mean, deviation):
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * deviation + mean)

    transposed = {
        name: part.stride[0] for name, part in module.named_modules() if isinstance(part, torch.nn.ConvTranspose1d)
    }
    embeddings = {name for name, part in module.named_modules() if isinstance(part, torch.nn.Embedding)}
    norms = {
        name for name, part in module.named_modules()
        if isinstance(part, (torch.nn.LayerNorm, torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.GroupNorm))
    }
    state = module.state_dict()
    with torch.no_grad():
        for name, tensor in state.items():
            owner, _, leaf = name.rpartition(".")
            owner = owner.replace(".parametrizations.weight", "")
            gain = next((gain for part, gain in gains if re.search(part, name)), 1)
            if not tensor.is_floating_point() or "filter" in leaf or leaf == "inv_freq":
                continue
            elif leaf == "inited":
                tensor.fill_(1)
            elif leaf == "cluster_size":
                normal(tensor, 40, 10)
            elif "running_mean" in leaf:
                normal(tensor, 0, 0.1)
            elif "running_var" in leaf:
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator) * 0.7)
            elif leaf in ("embed", "embed_avg"):
                normal(tensor, 0, 1)
            elif owner in embeddings:
                normal(tensor, 0, 0.7)
            elif "emb_rel" in leaf or "grn" in name:
                normal(tensor, 0, 0.3)
            elif "position" in owner and leaf == "alpha":
                normal(tensor, 1, 0.1)
            elif leaf in ("alpha", "beta") and "norm_layers" not in owner:  # of a snake activation
                normal(tensor, 0, 0.2)
            elif "prelu" in owner:
                normal(tensor, 0.25, 0.1)
            elif leaf == "gamma" and "convnext" in owner:  # the scale of a layer of AP-BWE
                normal(tensor, 0.3, 0.05)
            elif owner in norms or "norm_layers" in owner:
                normal(tensor, *((0, 0.05) if leaf in ("bias", "beta") else (1, 0.15)))
            elif leaf in ("weight_g", "original0"):
                continue  # after the direction, below
            elif tensor.dim() < 2:
                normal(tensor, -0.25 if "enc_p.proj" in name else 0, 0.05)
            elif owner in transposed:
                normal(tensor, 0, gain / math.sqrt(tensor.shape[0] * tensor.shape[2] / transposed[owner]))
            else:
                normal(tensor, 0, gain / math.sqrt(tensor[0].numel()))
        for name, tensor in state.items():
            if name.endswith(("weight_g", "original0")):
                direction = state[name.replace("weight_g", "weight_v").replace("original0", "original1")]
                others = [axis for axis in range(direction.dim()) if tensor.shape[axis] == 1]
                length = direction.square().sum(others, keepdim=True).sqrt() * (0.7 if "flow." in name else 1)
                tensor.copy_(length * (1 + 0.14 * torch.randn(tensor.shape, generator=generator)))
    module.load_state_dict(state)
