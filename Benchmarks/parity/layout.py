"""Where things lie in a folder of small models."""

PRETRAINED = "GPT_SoVITS/pretrained_models/"
SECOND = {
    "v1": "s2G488k.pth", "v2": "gsv-v2final-pretrained/s2G2333k.pth", "v2Pro": "v2Pro/s2Gv2Pro.pth",
    "v2ProPlus": "v2Pro/s2Gv2ProPlus.pth", "v3": "s2Gv3.pth", "v4": "gsv-v4-pretrained/s2Gv4.pth",
}
FIRST = {
    "v1": "s1bert25hz-2kh-longer-epoch=68e-step=50232.ckpt",
    "v2": "gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt",
    **dict.fromkeys(["v2Pro", "v2ProPlus", "v3", "v4"], "s1v3.ckpt"),
}


def settings(version):
    """The section `custom` of tts_infer.yaml; version may end in LoRA."""
    base = version.removesuffix("LoRA")
    second = f"SoVITS_weights_{base}/lora.pth" if version.endswith("LoRA") else PRETRAINED + SECOND[base]
    return {
        "device": "cpu", "is_half": False, "version": base, "t2s_weights_path": PRETRAINED + FIRST[base],
        "vits_weights_path": second, "bert_base_path": PRETRAINED + "chinese-roberta-wwm-ext-large",
        "cnhuhbert_base_path": PRETRAINED + "chinese-hubert-base",
    }
