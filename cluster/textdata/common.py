"""What the languages' modules share: where a file comes from, how it is read, and the compact files it becomes."""

import array
import dataclasses
import io
import os
import pickle
import struct
import sys


@dataclasses.dataclass(frozen=True)
class Resource:
    """One file out of one published package."""

    key: str
    package: str
    version: str
    path: str
    sha256: str
    licence: str
    purpose: str
    without: str


@dataclasses.dataclass(frozen=True)
class DebianFile:
    """One file that a Debian package has installed."""

    key: str
    package: str
    path: str
    sha256: str
    licence: str
    purpose: str
    without: str


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a language's files are made.

    `outputs` tells for each file, named relative to the folder of text data, the function that makes it: it takes the
    bytes of the resources by key and the path to write to, and returns what it wrote, in a few words.
    """

    resources: list
    outputs: dict
    # What else the files depend on, and the lines of the notice that go with it.
    inputs: tuple = ()
    notices: tuple = ()
    remark: str = ""


class SetupError(Exception):
    """A failure whose text tells the user what to do."""


def say(text):
    print(f"text data: {text}", flush=True)


# Compact files ------------------------------------------------------------------------------------------------------
#
# Little-endian: magic (8 bytes), format (u32), number of sections (u32), then for each section its name (24 bytes,
# padded with NUL), offset and length (u64 each); the sections follow, aligned to 16 bytes.

MAGIC = b"CHORUSTX"
# Raise it when the file format changes, so that old files are made anew.
FORMAT = 1


def write_sections(path, sections):
    header = 16 + 40 * len(sections)
    table, body, offset = b"", [], header + (-header % 16)
    for name, data in sections:
        encoded = name.encode("ascii")
        if len(encoded) > 24:
            raise AssertionError(f"section name too long: {name}")
        table += struct.pack("<24sQQ", encoded, offset, len(data))
        body.append((offset, data))
        offset += len(data) + (-len(data) % 16)
    with open(path, "wb") as out:
        out.write(struct.pack("<8sII", MAGIC, FORMAT, len(sections)) + table)
        for start, data in body:
            out.write(b"\0" * (start - out.tell()))
            out.write(data)
        out.flush()
        os.fsync(out.fileno())


def packed(code, values):
    data = array.array(code, values)
    if sys.byteorder == "big":
        data.byteswap()
    return data.tobytes()


def byte_table(name, items):
    """A list of byte strings: where each begins and ends, and the bytes joined."""
    ends, total = [0], 0
    for item in items:
        total += len(item)
        ends.append(total)
    return [(name + ".index", packed("I", ends)), (name + ".bytes", b"".join(items))]


class PlainUnpickler(pickle.Unpickler):
    """Reads containers, strings and numbers, and nothing that could run code."""

    def find_class(self, module, name):
        if name == "set" and module in ("builtins", "__builtin__"):
            return set
        raise SetupError(f"the pickle asks for {module}.{name}, which a data file has no need of")


def unpickled(data):
    return PlainUnpickler(io.BytesIO(data)).load()
