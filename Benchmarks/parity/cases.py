"""The requests: name, versions and what differs from the plain one. Fields as in api_v2's /tts."""

ALL = ("v1", "v2", "v2Pro", "v2ProPlus", "v3", "v4", "v3LoRA", "v4LoRA")
SHORT_CUT = ("v1", "v2", "v2Pro", "v2ProPlus")
FLOW = ("v3", "v4", "v3LoRA", "v4LoRA")

SHORT = "今天天气不错，我们去公园走走吧。"
LONG = (
    "昨天有三十个人在那里唱歌。银行很远，明早八点见面！大家都说好？山水风景如画。他去了，她也去了，我们都去了公园里面走走。"
    "今天在家。"
)
ENGLISH = "The quick brown fox jumps over the lazy dog, and seven bright stars shine above the river."

PLAIN = {
    "text": SHORT, "text_lang": "zh", "ref_audio_path": "main.wav", "prompt_text": "大家都说山水风景如画。",
    "prompt_lang": "zh", "text_split_method": "cut5", "batch_size": 1, "seed": 11, "sample_steps": 4, "top_k": 1,
}

CASES = [
    ("plain", ALL, {}),
    ("english", ALL, {"text": ENGLISH, "text_lang": "en", "top_k": 5}),
    ("second reference", ALL, {"ref_audio_path": "second.wav", "top_k": 5}),
    ("two more references", SHORT_CUT, {"aux_ref_audio_paths": ["aux1.wav", "aux2.wav"], "top_k": 5}),
    ("slow", ALL, {"speed_factor": 0.8, "top_k": 5}),
    ("fast", ALL, {"speed_factor": 1.25, "text": LONG, "batch_size": 2}),
    ("batch of 4", ALL, {"text": LONG, "batch_size": 4, "top_k": 15}),
    ("batch of 4, no buckets", ALL, {"text": LONG, "batch_size": 4, "split_bucket": False, "fragment_interval": 0.1}),
    ("not parallel", ALL, {"text": LONG, "parallel_infer": False, "top_k": 15}),
    ("not parallel, batch of 3", ALL, {
        "text": LONG, "parallel_infer": False, "batch_size": 3, "fragment_interval": 0.0, "split_bucket": False}),
    ("mode 1", ALL, {"text": LONG, "streaming_mode": 1, "top_k": 5}),
    ("mode 2", ALL, {"text": LONG, "streaming_mode": 2, "top_k": 5}),
    ("mode 3", ALL, {"text": LONG, "streaming_mode": 3, "min_chunk_length": 8, "overlap_length": 4, "top_k": 5}),
    ("mode 2, fast", SHORT_CUT, {"text": LONG, "streaming_mode": 2, "speed_factor": 1.25}),
    ("sampling", ALL, {
        "text": LONG, "top_k": 15, "top_p": 0.85, "temperature": 0.7, "repetition_penalty": 1.1, "batch_size": 2}),
    ("hot sampling", ALL, {"top_k": 100, "temperature": 1.4, "repetition_penalty": 2.0, "seed": 987654321}),
    ("no prompt", SHORT_CUT, {"prompt_text": "", "top_k": 5}),
    ("uncut", ALL, {"text": LONG, "text_split_method": "cut0", "top_k": 5}),
    ("one step", FLOW, {"sample_steps": 1}),
    ("seven steps", FLOW, {"sample_steps": 7, "text": LONG, "text_split_method": "cut2"}),
    ("super-sampled", ("v3", "v3LoRA"), {"super_sampling": True, "text": LONG, "parallel_infer": False}),
]


def requests(versions):
    """Every (version, case, request) of some versions."""
    for version in versions:
        for name, which, changes in CASES:
            if version in which:
                yield version, name, {**PLAIN, **changes}
