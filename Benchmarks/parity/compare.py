#!/usr/bin/env python3
"""Speaks the requests with Chorus, over HTTP, and compares with what the reference spoke.

    python3 Benchmarks/parity/compare.py --models models --chorus chorus --port 9700

Prints a table of version, case and largest difference in steps of int16. The exit status is 1 where one is over the tolerance.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy

import layout
from cases import ALL, requests

TOLERANCE, SUPER_TOLERANCE, EDGE = 2, 40, 2048


class Server:
    """`chorus serve` with one version, on one thread."""

    def __init__(self, chorus, root, version, port):
        settings = root / f"tts_infer.{version}.yaml"
        settings.write_text(json.dumps({"custom": layout.settings(version)}))
        self.url = f"http://127.0.0.1:{port}"
        self.log = root / f"serve.{version}.log"
        self.process = subprocess.Popen(
            [chorus, "serve", "-c", settings.name, "-p", str(port), "--cpu-threads", "1", "--precision", "float32"],
            cwd=root, stdout=self.log.open("w"), stderr=subprocess.STDOUT)

    def __enter__(self):
        for _ in range(600):
            if "is ready at" in self.log.read_text() or self.process.poll() is not None:
                break
            time.sleep(0.1)
        if self.process.poll() is None and "is ready at" in self.log.read_text():
            return self
        self.__exit__()
        raise RuntimeError("chorus serve did not become ready:\n" + self.log.read_text()[-2000:])

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def speak(self, request, root):
        fields = {**request, "media_type": "raw"}
        fields["ref_audio_path"] = str((root / "recordings" / request["ref_audio_path"]).resolve())
        fields["aux_ref_audio_paths"] = [
            str((root / "recordings" / name).resolve()) for name in request.get("aux_ref_audio_paths", [])]
        body = urllib.request.Request(
            self.url + "/tts", json.dumps(fields).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(body) as answer:
            return int(answer.headers["X-Chorus-Sample-Rate"]), numpy.frombuffer(answer.read(), numpy.int16)


def difference(ours, theirs, is_super_sampled):
    """A number to compare with the tolerance and how it is to be read."""
    if len(ours) != len(theirs):
        return float("inf"), f"{len(ours)} samples, {len(theirs)} wanted"
    steps = numpy.abs(ours.astype(numpy.int64) - theirs)
    # The reference multiplies by 32768 and lets a sample of exactly 1 wrap to -32768, where Chorus clips.
    steps = numpy.where((theirs == -32768) & (ours == 32767), 0, steps)
    if is_super_sampled:
        rms = float(numpy.sqrt(numpy.mean(steps[EDGE:-EDGE].astype(float) ** 2)))
        return rms, f"{rms:.1f} rms"
    return int(steps.max()), f"{steps.max()}"


def compare(server, root, version):
    """Prints a line for each case and returns how many failed."""
    spoken = numpy.load(root / f"spoken/{version}.npz")
    failures = 0
    for _, name, request in requests([version]):
        theirs, rate = spoken[name], int(spoken[name + " rate"])
        is_super = request.get("super_sampling", False)
        own = difference(spoken[name + " again"], theirs, is_super)[0]
        tolerance = TOLERANCE
        if is_super:
            # Rounding decides the phases of empty bins, by more the louder the sound: as much as in the reference itself.
            tolerance = max(SUPER_TOLERANCE, 1.5 * min(own, 2 * SUPER_TOLERANCE))
        try:
            our_rate, ours = server.speak(request, root)
            value, text = difference(ours, theirs, is_super)
            passed = our_rate == rate and value <= tolerance
            text = text if our_rate == rate else f"{our_rate} Hz, {rate} wanted"
        except urllib.error.HTTPError as error:
            passed, text = False, f"{error.code} {error.read().decode()[:200]}"
        if not passed and own > tolerance:
            # With other kernels the reference itself takes other tokens: two of them have nearly equal odds.
            print(f"| {version} | {name} | the reference differs from itself | {text} | skipped |", flush=True)
            continue
        level = numpy.sqrt(numpy.mean(theirs.astype(float) ** 2)) if len(theirs) else 0
        print(
            f"| {version} | {name} | {len(theirs) / rate:.2f} s, {level:.0f} rms | {text} | "
            f"{'pass' if passed else 'FAIL'} |", flush=True)
        failures += not passed
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--chorus", required=True)
    parser.add_argument("--versions", default=",".join(ALL))
    parser.add_argument("--port", type=int, default=9700)
    options = parser.parse_args()
    root = options.models.resolve()
    print("| version | case | reference | largest difference | |\n| --- | --- | --- | --- | --- |", flush=True)
    failures = 0
    for version in options.versions.split(","):
        try:
            with Server(os.path.abspath(options.chorus), root, version, options.port) as server:
                failures += compare(server, root, version)
        except RuntimeError as error:
            print(f"| {version} | | | {error} | FAIL |", flush=True)
            failures += 1
    print(f"\n{failures} failed")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
