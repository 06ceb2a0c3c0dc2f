#!/usr/bin/env python3
"""Fetches the data that the text front-end needs and converts it, once, into compact files.

    python3 cluster/resources.py [--home DIRECTORY] [--force] [--list] [LANGUAGE ...]

Each language has a module in `textdata` that names the published files it is made from, with version, sha256 and licence,
and the files they become in `<home>/text`, where `<home>` is `--home`, the environment variable CHORUS_HOME, or
`.chorus` beside this folder. Without a LANGUAGE all are set up. What is up to date is left alone.

Only the Python standard library is needed, and pip as a program.
"""

import argparse
import contextlib
import dataclasses
import errno
import fcntl
import hashlib
import importlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

from textdata import common
from textdata.common import DebianFile, SetupError, say
from textdata.fetch import Fetcher

LANGUAGES = ["english", "segmentation", "chinese", "japanese", "cantonese", "korean"]
NOTICE = "NOTICE.txt"
DISK_NEEDED = 500 * 1024 * 1024


class Language:
    """A language's recipe and the stamp that says what its files were made from."""

    def __init__(self, name):
        self.name = name
        self.module = importlib.import_module(f"textdata.{name}")
        if hasattr(self.module, "recipe"):
            self.recipe = self.module.recipe()
        else:
            self.recipe = common.Recipe(self.module.RESOURCES, self.module.OUTPUTS)
        self.stamp = f"{name}.json"

    def digest(self):
        """Changes with whatever the files are made from: the resources, and the code that converts them."""
        resources = [dataclasses.asdict(item) for item in self.recipe.resources]
        digest = hashlib.sha256(json.dumps([common.FORMAT, resources, self.recipe.inputs]).encode())
        for source in (common.__file__, self.module.__file__):
            digest.update(pathlib.Path(source).read_bytes())
        return digest.hexdigest()

    def is_current(self, folder):
        try:
            stamp = json.loads((folder / self.stamp).read_text())
            return stamp["made_from"] == self.digest() and all(
                (folder / name).stat().st_size == size for name, size in stamp["sizes"].items()
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False

    def notices(self):
        for item in self.recipe.resources:
            source = item.package if isinstance(item, DebianFile) else f"{item.package} {item.version}"
            yield f"{item.path} of {source}: {item.licence}; {item.purpose}"
        yield from self.recipe.notices

    def build(self, folder, scratch, fetcher):
        if self.recipe.remark:
            say(f"{self.name}: {self.recipe.remark}")
        files = fetcher.fetch(self.recipe.resources)
        sizes = {}
        for name, convert in self.recipe.outputs.items():
            path = scratch / name
            path.parent.mkdir(parents=True, exist_ok=True)
            say(f"{name}: {convert(files, path)}")
            sizes[name] = path.stat().st_size
        stamp = {"made_from": self.digest(), "sizes": sizes, "notices": list(self.notices())}
        (scratch / self.stamp).write_text(json.dumps(stamp, indent=2, ensure_ascii=False) + "\n")
        # The stamp goes first and returns last: a run that is cut off between leaves none, and the next starts anew.
        with contextlib.suppress(FileNotFoundError):
            (folder / self.stamp).unlink()
        for name in [*self.recipe.outputs, self.stamp]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(scratch / name, folder / name)


def write_notice(folder, scratch):
    """One notice of all languages that are set up."""
    lines = []
    for stamp in sorted(folder.glob("*.json")):
        with contextlib.suppress(ValueError, KeyError, TypeError):
            lines += json.loads(stamp.read_text())["notices"]
    text = "\n".join(["The files in this folder were made from these packages.", "", *dict.fromkeys(lines)])
    (scratch / NOTICE).write_text(text + "\n")
    os.replace(scratch / NOTICE, folder / NOTICE)


def run(home, names, force):
    languages = [Language(name) for name in names]
    folder = home / "text"

    def outdated():
        return [language for language in languages if force or not language.is_current(folder)]

    # Asked before the lock is taken, so that whoever may only read what another user set up can use it.
    if not outdated():
        say(f"up to date in {folder}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    with open(home / ".text.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        work = outdated()
        if not work:
            say(f"up to date in {folder}")
            return
        started = time.monotonic()
        if shutil.disk_usage(folder).free < DISK_NEEDED:
            raise SetupError(f"{folder} has less than {DISK_NEEDED >> 20} MiB free. Make room and run this again.")
        say(f"setting up {', '.join(language.name for language in work)}; this takes a few minutes at most, once")
        # Beside the target, so that the final renames stay on one file system.
        with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as temporary:
            scratch = pathlib.Path(temporary)
            fetcher = Fetcher(scratch)
            for language in work:
                language.build(folder, scratch, fetcher)
            write_notice(folder, scratch)
        say(f"ready in {folder} after {time.monotonic() - started:.0f} s")


def list_resources(names):
    """What is fetched, and what a language loses without it."""
    for name in names:
        for item in Language(name).recipe.resources:
            source = item.package if isinstance(item, DebianFile) else f"{item.package} {item.version}"
            print(f"{name}: {item.path} of {source} ({item.licence}): {item.purpose}. Without it {item.without}.")


def main():
    default = pathlib.Path(__file__).resolve().parent.parent / ".chorus"
    parser = argparse.ArgumentParser(description="Fetch and convert the data of the text front-end.")
    parser.add_argument("--home", type=pathlib.Path, default=pathlib.Path(os.environ.get("CHORUS_HOME") or default))
    parser.add_argument("--force", action="store_true", help="fetch and convert even if everything is up to date")
    parser.add_argument("--list", action="store_true", help="tell what is fetched and from where, and do nothing")
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=f"of {', '.join(LANGUAGES)}; without one, all")
    options = parser.parse_args()
    names = options.languages or LANGUAGES
    if unknown := [name for name in names if name not in LANGUAGES]:
        parser.error(f"unknown language {unknown[0]}; known are {', '.join(LANGUAGES)}")
    try:
        if options.list:
            list_resources(names)
        else:
            run(options.home.absolute(), names, options.force)
    except KeyboardInterrupt:
        sys.exit("text data: interrupted; run this again to go on")
    except SetupError as error:
        sys.exit(f"text data: {error}")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            sys.exit(f"text data: the disk is full ({error.filename or options.home}). Make room and run this again.")
        place = error.filename or options.home
        sys.exit(f"text data: {error.strerror} ({place}). Check permissions, then run this again.")


if __name__ == "__main__":
    main()
