#!/usr/bin/env python3
"""Sends requests of mixed languages, lengths and modes to every model of a running server and tells how its memory grows.

    python3 Benchmarks/soak.py --url http://127.0.0.1:9880 --ref-audio cluster/demo-voice/reference.wav --count 500

Prints the resident memory of each worker, by its model, as /health has it, after every 100 requests. The exit status is 1
where an answer is not whole.
"""

import argparse
import concurrent.futures
import json
import random
import sys
import time
import urllib.parse
import urllib.request

WORDS = {
    "en": "the quick brown fox jumps over lazy dog while seven bright stars shine above quiet river and boats".split(),
    "zh": "今天 天气 不错 我们 去 公园 走走 吧 昨天 有 三十 个人 在 那里 唱歌 银行 很 远".split(),
    "ja": "今日は いい 天気 ですね 公園に 行きましょう 三百円 でした そして 山の 上で 休みました".split(),
}


def text(source, language):
    joint = " " if language == "en" else ""
    words = [source.choice(WORDS[language]) for _ in range(source.choice([3, 6, 10, 20, 40]))]
    return joint.join(words) + ("." if language == "en" else "。")


def request(url, reference, model, number):
    source = random.Random(number)
    language = source.choice(sorted(WORDS))
    fields = {
        "text": text(source, language), "text_lang": language, "prompt_lang": "en", "prompt_text": "This is a voice.",
        "ref_audio_path": reference, "seed": number, "batch_size": source.choice([1, 4]), "sample_steps": 4,
        "streaming_mode": source.choice([0, 0, 1, 2, 3]), "model": model,
    }
    with urllib.request.urlopen(f"{url}/tts?{urllib.parse.urlencode(fields)}") as answer:
        body = answer.read()
    if not body.startswith(b"RIFF") or len(body) < 1000:
        sys.exit(f"request {number} to {model} was answered by {len(body)} bytes that are no speech")
    return len(body)


def workers(url):
    with urllib.request.urlopen(f"{url}/health") as answer:
        return json.load(answer)["workers"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:9880")
    parser.add_argument("--ref-audio", default="cluster/demo-voice/reference.wav")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--settle", type=float, default=3, help="seconds of rest before memory is read")
    options = parser.parse_args()
    models = sorted({worker["model"] for worker in workers(options.url)})

    def tell(done):
        # The last answers' workers have told of their memory again by then, at rest.
        time.sleep(options.settle)
        memory = {worker["id"]: (worker["model"], worker["resident_bytes"] / 2**20) for worker in workers(options.url)}
        parts = ", ".join(f"{model} {size:.0f}" for model, size in memory.values())
        print(f"{done:5}: {sum(size for _, size in memory.values()):.0f} MiB ({parts})", flush=True)

    tell(0)
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.clients) as pool:
        for first in range(0, options.count, 100):
            numbers = range(first, min(first + 100, options.count))
            jobs = [
                pool.submit(request, options.url, options.ref_audio, models[number % len(models)], number)
                for number in numbers
            ]
            for job in jobs:
                job.result()
            tell(numbers[-1] + 1)
    print(f"{options.count} requests in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
