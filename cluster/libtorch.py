#!/usr/bin/env python3
"""Puts libtorch, made from the Python package torch, where the build finds it.

    python3 cluster/libtorch.py [--home DIRECTORY] [--kind auto|cpu|cuda] [--force]

The wheel is downloaded with pip and only its libraries and headers are unpacked, to `<home>/libtorch`, where `<home>` is
`--home`, the environment variable CHORUS_HOME, or `.chorus` beside this folder. `auto` takes the CUDA build on a machine with
an NVIDIA GPU, together with the NVIDIA libraries that it names, and the CPU build elsewhere; where pip is offered only one
of them, that one. `cpu` and `cuda` take nothing else.

CHORUS_TORCH_INDEX names a further package index, for example PyTorch's own with CPU builds or with builds for an older CUDA.
A second run with nothing changed ends at once. An interrupted run leaves nothing behind that a later one could mistake
for libtorch. Only the Python standard library is needed, and pip as a program.
"""

import argparse
import contextlib
import errno
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

VERSION = "2.13.0"

# What a run needs at its peak, in bytes: the wheels and the unpacked files.
SPACE = {"cpu": 1_200_000_000, "cuda": 8_000_000_000}

# Libraries of the wheel that only Python or torch's own tests use.
UNUSED_LIBRARIES = re.compile(r"libtorch_python|test|libshm|\.lib$")

# The oldest driver for each major version of CUDA.
OLDEST_DRIVER = {12: 525, 13: 580}


class SetupError(Exception):
    """A failure in words that tell what to do."""


def say(text):
    print(f"libtorch: {text}", flush=True)


# The machine --------------------------------------------------------------------------------------------------------


def nvidia_driver():
    """The driver's major version where this machine has an NVIDIA GPU; 0 where its version cannot be told; else None."""
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        result = subprocess.run(query, capture_output=True, text=True, timeout=30)
        if result.returncode == 0 and (match := re.match(r"\s*(\d+)\.", result.stdout)):
            return int(match[1])
    gpus = pathlib.Path("/proc/driver/nvidia/gpus")
    return 0 if gpus.is_dir() and any(gpus.iterdir()) else None


def require_space(home, kind):
    free = shutil.disk_usage(home).free
    if free < SPACE[kind]:
        raise SetupError(
            f"the disk with {home} has {free / 1e9:.1f} GB left and {SPACE[kind] / 1e9:.1f} GB are needed. Make room, "
            "or set CHORUS_HOME to a folder on another disk."
        )


# Fetching -----------------------------------------------------------------------------------------------------------


class NoSuchVersion(SetupError):
    """pip was answered, and the answer held no such version."""


def pip_download(folder, *arguments):
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--only-binary=:all:"]
    command += ["--dest", str(folder), *arguments]
    if index := os.environ.get("CHORUS_TORCH_INDEX"):
        command += ["--extra-index-url", index]
    # pip's progress bar goes to standard output, its errors go to standard error.
    output = None if sys.stdout.isatty() else subprocess.DEVNULL
    result = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True)
    if result.returncode == 0:
        return
    errors = result.stderr.strip()
    if "No module named pip" in errors:
        raise SetupError("pip is missing. Install it (Debian: apt-get install python3-pip) and run this again.")
    if "No space left" in errors:
        raise SetupError(f"the disk with {folder} or pip's own folder for temporary files is full. Make room.")
    tail = "\n".join("    " + line for line in errors.splitlines()[-8:] if not line.startswith("WARNING: Retrying"))
    # Without a network pip says the same after it warned of each attempt.
    reached = "Retrying (" not in errors and "ConnectionError" not in errors and "--no-index" not in errors
    if "No matching distribution found" in errors and reached:
        raise NoSuchVersion(
            f"pip is offered no torch {VERSION} for Python {sys.version_info.major}.{sys.version_info.minor} on "
            f"{os.uname().machine}:\n{tail}\nUse a Python that torch {VERSION} is published for (3.10 to 3.14), or unpack libtorch "
            f"{VERSION} yourself and set LIBTORCH to its folder."
        )
    raise SetupError(
        f"pip could not fetch torch {VERSION}:\n{tail}\n"
        "Check the network (pip's own settings, such as PIP_INDEX_URL and HTTPS_PROXY, are honoured). On a machine without "
        "one, download the wheels elsewhere and set PIP_NO_INDEX=1 and PIP_FIND_LINKS=/folder/with/wheels, or set LIBTORCH "
        "to an unpacked libtorch."
    )


def fetch_torch(folder, wanted):
    """Downloads the wheel of the wanted kind or, where there is none, of the other one."""
    preferred = f"torch=={VERSION}+cpu" if wanted == "cpu" else f"torch=={VERSION},!={VERSION}+cpu"
    try:
        pip_download(folder, "--no-deps", preferred)
    except NoSuchVersion:
        pip_download(folder, "--no-deps", f"torch=={VERSION}")
    (wheel,) = folder.glob("torch-*.whl")
    return wheel


def nvidia_requirements(wheel):
    """The NVIDIA packages that the wheel's metadata asks for, as pip takes them."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    named = (line.removeprefix("Requires-Dist:").strip() for line in lines if line.startswith("Requires-Dist:"))
    wanted = [line for line in named if re.match(r"nvidia-|cuda-toolkit\b", line) and "extra ==" not in line]
    # A program that is compiled against the headers needs these two parts more than Python does.
    return [line.replace("cuda-toolkit[", "cuda-toolkit[cccl,crt,") for line in wanted]


# Unpacking ----------------------------------------------------------------------------------------------------------


def place_of(name):
    """Where a wheel's file belongs under libtorch's folder, or None for what is not needed."""
    parts = name.split("/")
    base = parts[-1]
    if name.endswith("/") or ".." in parts:
        return None
    if parts[:2] == ["torch", "include"]:
        return "/".join(parts[1:])
    if parts[:2] == ["torch", "lib"] or parts[0] == "torch.libs":
        return None if UNUSED_LIBRARIES.search(base) or ".so" not in base else f"lib/{base}"
    # nvidia/<part>/lib/libcudart.so.13 and nvidia/<part>/include/cuda_runtime.h: beside torch's own, where the libraries'
    # search path, which includes their own folder, finds them.
    if parts[0] == "nvidia" and "lib" in parts:
        return f"lib/{base}" if ".so" in base else None
    if parts[0] == "nvidia" and "include" in parts:
        return "/".join(parts[parts.index("include") :])
    return None


def unpack(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        for item in archive.infolist():
            place = place_of(item.filename)
            if place is None:
                continue
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(item) as source, open(target, "wb") as destination:
                shutil.copyfileobj(source, destination, 1 << 20)


def check(folder):
    """Raises where a library lacks another one."""
    library = folder / "lib" / "libtorch.so"
    if not library.exists() or not (folder / "include" / "ATen").is_dir():
        raise SetupError("the wheel held no libtorch.so or no headers; is a package mirror at fault?")
    with contextlib.suppress(OSError):
        result = subprocess.run(["ldd", str(library)], capture_output=True, text=True)
        missing = sorted({line.split()[0] for line in result.stdout.splitlines() if "not found" in line})
        if missing:
            raise SetupError(f"libtorch needs libraries that were not in the packages: {', '.join(missing)}")


# The run ------------------------------------------------------------------------------------------------------------


def recorded(folder):
    try:
        return json.loads((folder / "chorus.json").read_text())
    except (OSError, ValueError):
        return {}


def is_current(folder, wanted, is_strict):
    record = recorded(folder)
    suits = record.get("kind") == wanted or (not is_strict and record.get("wanted") == wanted)
    return record.get("version") == VERSION and suits


def warn_about_driver(driver, requirements):
    match = re.search(r"cuda-toolkit\S*==(\d+)|-cu(\d+)\b", " ".join(requirements))
    if not match or not driver:
        return
    cuda = int(match[1] or match[2])
    needed = OLDEST_DRIVER.get(cuda, 0)
    if driver < needed:
        say(
            f"warning: this build is for CUDA {cuda} and needs NVIDIA's driver {needed} or newer; this machine has {driver}. "
            "Update the driver, or set CHORUS_TORCH_INDEX to an index with builds for an older CUDA and run this again "
            "with --force."
        )


def build(home, wanted, is_strict, driver):
    require_space(home, wanted)
    for stale in home.glob("libtorch.tmp-*"):
        shutil.rmtree(stale, ignore_errors=True)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="libtorch.tmp-", dir=home))
    try:
        started = time.monotonic()
        size, duration = ("0.2 GB", "under a minute") if wanted == "cpu" else ("2.5 GB", "2 to 10 minutes")
        say(f"fetching torch {VERSION}, {wanted.upper()} build: {size}, {duration} on a fast line")
        wheels = scratch / "wheels"
        wheels.mkdir()
        wheel = fetch_torch(wheels, wanted)
        requirements = nvidia_requirements(wheel)
        kind = "cuda" if requirements else "cpu"
        if kind != wanted and is_strict:
            raise SetupError(
                f"pip offers only the {kind.upper()} build of torch {VERSION} here, and the {wanted.upper()} build was asked for. "
                "Set CHORUS_TORCH_INDEX to a package index that has it, such as PyTorch's own, or leave the choice to auto."
            )
        if kind != wanted:
            say(f"pip offers no {wanted.upper()} build here, so the {kind.upper()} build is used")
            require_space(home, kind)
        if requirements:
            say(f"fetching NVIDIA's libraries: {', '.join(line.split(';')[0] for line in requirements)}")
            pip_download(wheels, *requirements)
            warn_about_driver(driver, requirements)
        target = scratch / "libtorch"
        for path in sorted(wheels.glob("*.whl")):
            say(f"unpacking {path.name}")
            unpack(path, target)
            path.unlink()
        check(target)
        record = {"version": VERSION, "kind": kind, "wanted": wanted, "wheel": wheel.name}
        (target / "chorus.json").write_text(json.dumps(record, indent=2) + "\n")
        final = home / "libtorch"
        if final.exists():
            final.rename(scratch / "old")
        target.rename(final)
        say(f"{wheel.name} is ready in {final} ({time.monotonic() - started:.0f} s)")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def run(home, kind, force):
    driver = nvidia_driver()
    is_strict = kind != "auto"
    wanted = kind if is_strict else "cpu" if driver is None else "cuda"
    if not force and is_current(home / "libtorch", wanted, is_strict):
        say(f"up to date in {home / 'libtorch'}")
        return
    home.mkdir(parents=True, exist_ok=True)
    with open(home / ".libtorch.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if force or not is_current(home / "libtorch", wanted, is_strict):
            build(home, wanted, is_strict, driver)


def main():
    default = pathlib.Path(__file__).resolve().parent.parent / ".chorus"
    parser = argparse.ArgumentParser(description="Fetch and unpack libtorch.")
    parser.add_argument("--home", type=pathlib.Path, default=pathlib.Path(os.environ.get("CHORUS_HOME") or default))
    parser.add_argument("--kind", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--force", action="store_true", help="fetch and unpack even if everything is up to date")
    options = parser.parse_args()
    try:
        run(options.home.absolute(), options.kind, options.force)
    except SetupError as error:
        sys.exit(f"libtorch: {error}")
    except KeyboardInterrupt:
        sys.exit("libtorch: interrupted; run it again to go on")
    except OSError as error:
        place = error.filename or options.home
        if error.errno == errno.ENOSPC:
            sys.exit(f"libtorch: the disk is full ({place}). Make room and run this again.")
        sys.exit(f"libtorch: {error.strerror} ({place}). Check permissions, then run this again.")


if __name__ == "__main__":
    main()
