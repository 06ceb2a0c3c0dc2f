"""Japanese: Open JTalk's dictionary for MeCab, and the dictionary of further words that GPT-SoVITS adds to it.

MeCab maps the files itself. They lie in a folder of our own because MeCab looks for a `dicrc` beside a dictionary, which
Debian's package lacks, and because the added words refer by number to the very tables that they were compiled with.
"""

import pathlib
import shutil
import subprocess
import tempfile

from .common import DebianFile, Resource, SetupError

FOLDER = pathlib.Path("/var/lib/mecab/dic/open-jtalk/naist-jdic")
NOTHING = "no Japanese can be read"


def dictionary_file(name, sha256, purpose):
    return DebianFile(
        key=name,
        package="open-jtalk-mecab-naist-jdic",
        path=str(FOLDER / name),
        sha256=sha256,
        licence="BSD-3-Clause (NAIST Japanese Dictionary, UniDic), BSD-3-Clause (Open JTalk)",
        purpose=purpose,
        without=NOTHING,
    )


RESOURCES = [
    dictionary_file(
        "sys.dic",
        "ca57d9029691a70a5dfb99afc2844180256161d7130da65b1a867510e129b9a6",
        "Japanese words with their readings and accents",
    ),
    dictionary_file(
        "unk.dic",
        "ce97851ecda075914fa3ffe7294a1ab34ee4f6d56ba6bf9197d74143b5dffbfe",
        "what words that no dictionary holds may be",
    ),
    dictionary_file(
        "char.bin",
        "888ee94c5a8a7a26d24ab3f1b7155441351954fd51ea06b4a2f78bd742492b2f",
        "the kinds of characters",
    ),
    dictionary_file(
        "matrix.bin",
        "62fd16b4f64c851d5dc352ef0d5740c5fc83ddc7c203b2b0b1fc5271969a14ce",
        "how well two words go together",
    ),
    dictionary_file(
        "left-id.def",
        "db1adac8a7f9e5854cd82ea044c85115249206c8181b9d88cf92ae2ee5e87b84",
        "compiling the added words",
    ),
    dictionary_file(
        "right-id.def",
        "db1adac8a7f9e5854cd82ea044c85115249206c8181b9d88cf92ae2ee5e87b84",
        "compiling the added words",
    ),
    dictionary_file(
        "pos-id.def",
        "3460aa742053085af47cdfc889a1e0e6f557e89b406e501ba81c9ccc286de0c7",
        "compiling the added words",
    ),
    dictionary_file(
        "rewrite.def",
        "7f7c8dfbfe24092e8a149a9b6e0a3a7f1c2cf37d6c3dc29d1cccc6c004da9c1c",
        "compiling the added words",
    ),
    Resource(
        key="added-words",
        package="gpt-sovits-cpufast",
        version="0.1.0",
        path="GPT_SoVITS/text/ja_userdic/userdict.csv",
        sha256="d857e443ee48d9641096816a98996669602895411e4330d7d91d1dbe1103389f",
        licence="MIT",
        purpose="134,200 further words, many of them names and foreign words",
        without=NOTHING,
    ),
]

# The cost factor is used while words without a cost are compiled, of which there are none; MeCab wants it all the same.
SETTINGS = "cost-factor = 700\nbos-feature = BOS/EOS,*,*,*,*,*,*,*,*\n"

COMPILER = "mecab-dict-index"


def compiler():
    for folder in (None, "/usr/lib/mecab:/usr/libexec/mecab:/usr/local/libexec/mecab"):
        if found := shutil.which(COMPILER, path=folder):
            return found
    raise SetupError(f"{COMPILER} is missing. Install it (Debian: apt-get install mecab-utils) and run this again.")


def copied(name):
    def write(files, path):
        path.write_bytes(files[name])
        return f"{len(files[name])} bytes"

    return write


def write_settings(files, path):
    path.write_text(SETTINGS)
    return "settings of the dictionary"


def compile_added_words(files, path):
    with tempfile.TemporaryDirectory(dir=path.parent) as temporary:
        folder = pathlib.Path(temporary)
        for name, data in files.items():
            if name != "sys.dic":
                (folder / name).write_bytes(data)
        (folder / "dicrc").write_text(SETTINGS)
        command = [compiler(), "-d", str(folder), "-u", str(path), "-f", "utf-8", "-t", "utf-8", "added-words"]
        result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0 or not path.is_file():
            raise SetupError(f"{COMPILER} could not compile the added words:\n    {result.stdout.strip()[-400:]}")
    return f"{path.stat().st_size} bytes"


OUTPUTS = {
    "japanese/sys.dic": copied("sys.dic"),
    "japanese/unk.dic": copied("unk.dic"),
    "japanese/char.bin": copied("char.bin"),
    "japanese/matrix.bin": copied("matrix.bin"),
    "japanese/dicrc": write_settings,
    "japanese/added.dic": compile_added_words,
}
