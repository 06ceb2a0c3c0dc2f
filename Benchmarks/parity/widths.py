"""Gives the reference's model classes the widths of a folder of small models.

The reference writes several widths into its code (HuBERT's 768, RoBERTa's 1024, the 512 of the joint encoder and of the
condition, the 1024 × 22 of the diffusion transformer …). Small models have others; `apply` puts those of dims.json in their
place. Nothing else of the reference is changed.
"""

import functools
import sys
from pathlib import Path

_version = "v2"


def add_reference(reference):
    """Makes the reference's modules importable."""
    root = Path(reference).resolve()
    for folder in ["GPT_SoVITS/eres2net", "tools/AP_BWE_main", "GPT_SoVITS", "."]:
        sys.path.insert(0, str(root / folder))


def set_version(version):
    """Says which version is built next: v1, v2, v2Pro, v2ProPlus, v3 or v4."""
    global _version
    _version = version


def apply(dims):
    """Replaces the widths in the classes."""
    import AR.models.t2s_model as semantic
    import module.models as models
    import module.modules as modules
    import sv
    from torch import nn

    def after(kind, change):
        original = kind.__init__

        @functools.wraps(original)
        def init(self, *arguments, **options):
            original(self, *arguments, **options)
            change(self)

        kind.__init__ = init

    def semantic_widths(self):
        self.bert_proj = nn.Linear(dims["bert"], self.embedding_dim)

    def encoder_widths(self):
        self.ssl_proj = nn.Conv1d(dims["ssl"], self.hidden_channels, 1)
        self.mrte = mrte(self.hidden_channels, dims["mrte"], self.hidden_channels)

    def synthesizer_widths(self):
        self.ssl_proj = nn.Conv1d(dims["ssl"], dims["ssl"], 2, stride=2)
        if getattr(self, "is_v2pro", False):
            self.sv_emb = nn.Linear(dims["sv_dim"], self.gin_channels)
            self.ge_to512 = nn.Linear(self.gin_channels, dims["mrte"])

    def flow_widths(self):
        synthesizer_widths(self)
        condition = dims["cond"]
        self.bridge = nn.Sequential(nn.Conv1d(self.inter_channels, condition, 1), nn.LeakyReLU())
        self.wns1 = models.Encoder(condition, condition, condition, 5, 1, 8, gin_channels=self.gin_channels)
        self.linear_mel = nn.Conv1d(condition, 100, 1)

    mrte, quantizer, transformer = models.MRTE, models.ResidualVectorQuantizer, models.DiT
    models.ResidualVectorQuantizer = lambda dimension, n_q, bins: quantizer(dimension=dims["ssl"], n_q=n_q, bins=bins)
    models.DiT = lambda **sizes: transformer(**{
        **sizes, "dim": dims["dit_dim"], "depth": dims["dit_depth"], "heads": dims["dit_dim"] // 64,
        "text_dim": dims["cond"]})
    style = modules.MelStyleEncoder.__init__
    modules.MelStyleEncoder.__init__ = lambda self, *sizes, **options: style(
        self, *sizes, **options, style_hidden=dims["style"][_version])
    sv.ERes2NetV2 = functools.partial(
        sv.ERes2NetV2, m_channels=dims["sv_m"], num_blocks=dims["sv_blocks"], embedding_size=dims["sv_embed"])
    after(semantic.Text2SemanticDecoder, semantic_widths)
    after(models.TextEncoder, encoder_widths)
    after(models.SynthesizerTrn, synthesizer_widths)
    after(models.SynthesizerTrnV3, flow_widths)
