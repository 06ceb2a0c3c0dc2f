#!/usr/bin/env python3
"""Makes the fixtures of SettingsTests with PyYAML (6.0.3), the library that the Python server reads and writes with.

scalars.json     plain scalars and what `yaml.load(text, Loader=yaml.FullLoader)` makes of them
dumps.json       values as JSON and what `yaml.dump(value)` makes of them; null where PyYAML's emitter in Python and libyaml's,
                 which it can use too, fold a long text in double quotes at different blanks
server-*.yaml    files as the Python server writes them: `default` where there was none, `saved` after a weight switch
"""

import datetime
import json
import pathlib
import random

import yaml

FOLDER = pathlib.Path(__file__).parent

SCALARS = """
~ null Null NULL nUll yes Yes YES yEs no No NO true True TRUE tRue false False FALSE on On ON off Off OFF y n Y N
0 -0 +0 1 -1 +12 00 010 0o10 08 -010 0_7 0x1F 0x_1f -0xff 0X1F 0b101 -0b1_0 0b2 1_000 1__0 _1 12e3
0b 0x 1_ 0_ +0x1f +.5 -.5e+1 1.5e+3 6.8523015e+5 685.230_15e+03 685_230.15 0.0 00.5 08.5 1_.5 00 007 0x_ 0b_1 123456789012 -42
NaN nan inf Infinity None none YES! truetrue t f 3rd v1.5 1.5.2 1-2 1/2 1:2:3:4 24:00 24:00:00 2001-1-1 2001-01-1 20010101
9223372036854775807 -9223372036854775808 1:30 190:20:30 -1:30 0:30 1:60 1:99 01:30 1:5:5
0.5 -0.5 +0.5 .5 -.5 +.5 1. -1. 1_0.5_0 1e5 1.e5 1.0e5 1.0e+5 1.5E-3 -1.0e+3 .5e+1 1.0e 1.5e+ . .. ._5 .inf -.inf +.Inf .INF
.iNf .nan .NaN .NAN -.nan 1:30.5 190:20:30.15 -1:30.5 1:30. 0:30.5 1:60.0 1.2.3 127.0.0.1 1,000
2001-12-14 2001-1-4 2001-12-14t21:59:43.10-05:00 2001-12-14T1:59:43Z 2001-12-14T21:59:43 2001-12-14T21:59 2001-12-1401:01:01
=  abc a:b v2 cuda:0 cuda -a 1a 0xg <<x +a - -- +
""".split() + ["2001-12-14 21:59:43.10 -5", "2001-12-14 21:59:43 Z", "1 2", "é", "模型/小红.ckpt", "a#b", "Yes please"]

STRINGS = [
    "", " ", "a", " a", "a ", "a b", "true", "no", "null", "~", "12", "0x1f", "1.5", "1e5", "1.0e+5", "2001-12-14", "=", "<<", "-",
    "- a", "a: b", "a:b", "a #b", "a#b", "#a", "&a", "*a", "!a", "%a", "@a", "`a", "'", '"', "it's", 'say "x"', "a'b\"c", "[a]",
    "{a}", "a,b", "a]", "?", "? a", ":", "a:", "|", ">", "---", "...", "--- a", "a\nb", "a\n", "\na", "a\n\nb", "a\tb", "\t", "a\\b",
    "é", "模型/小红.ckpt", "emoji \U0001f600", "\x07", "a\x00b", "\x7f", "\x85", "\u2028", "\ufeff", "a\rb", "y", "n", "on", ".5",
    "GPT_SoVITS/pretrained_models/gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt",
    "a folder with blanks/" * 6 + "model.ckpt",
    "word " * 40 + "end", "true " * 30, "'quoted' " * 20, "模型 " * 30, "tail blank " * 10, "x" * 200, "a: " + "b " * 60,
    "line one is long " * 8 + "\n" + "line two is long " * 8,
]


def described(value):
    """A value with its kind, so that JSON can carry what it has no notation for."""
    if value is None:
        return ["null", ""]
    if isinstance(value, bool):
        return ["bool", "true" if value else "false"]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", "nan" if value != value else repr(value)]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return ["timestamp", ""]
    return ["string", value]


def encoded(value):
    """A value as JSON that tells whole numbers from floats and keeps the order of keys."""
    if isinstance(value, list):
        return [encoded(item) for item in value]
    if isinstance(value, dict):
        return {"map": [[encoded(key), encoded(item)] for key, item in value.items()]}
    if isinstance(value, float):
        return {"float": repr(value)}
    return value


def write_rows(name, rows):
    lines = ",\n".join(json.dumps(row, ensure_ascii=True) for row in rows)
    (FOLDER / name).write_text("[\n" + lines + "\n]\n")


def scalars():
    rows = []
    for text in SCALARS:
        try:
            value = yaml.load(text, Loader=yaml.FullLoader)
        except (yaml.YAMLError, ValueError):
            continue
        if isinstance(value, (list, dict)):
            continue
        rows.append([text, *described(value)])
    return rows


def dumps():
    values = [{"k": text} for text in STRINGS] + [{text: 1} for text in STRINGS if len(text) < 60]
    values += [[], {}, [1, [2, [3]], {"a": [4], "b": {}}], {"a": [], "b": {"c": None}}]
    values += [{"b": 1, "a": 2, "B": 3, "_": 4, "é": 5, "aa": 6}]
    values += [{"f": f} for f in (0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1e17, 1.5e300, 1e-4, 1e-5, 1.25e-7, -2.5, 123456789.125)]
    generator = random.Random(7)
    alphabet = "ab 0:-#'\"\n,[]{}&*!|>%@\\.é模\t"
    for _ in range(400):
        values.append({"k": "".join(generator.choice(alphabet) for _ in range(generator.randint(1, 12)))})
    rows = []
    for value in values:
        text = yaml.dump(value)
        rows.append([encoded(value), text if text == yaml.dump(value, Dumper=yaml.CDumper) else None])
    return rows


def server_files():
    """What `TTS_Config` of the Python server keeps and writes, for a file with `custom` and a section of the user's own."""
    models = "GPT_SoVITS/pretrained_models/"

    def section(version, t2s, vits):
        return {
            "device": "cpu", "is_half": False, "version": version,
            "t2s_weights_path": models + t2s, "vits_weights_path": models + vits,
            "cnhuhbert_base_path": models + "chinese-hubert-base",
            "bert_base_path": models + "chinese-roberta-wwm-ext-large",
        }

    v2 = ("gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt", "gsv-v2final-pretrained/s2G2333k.pth")
    default = {
        "v1": section("v1", "s1bert25hz-2kh-longer-epoch=68e-step=50232.ckpt", "s2G488k.pth"),
        "v2": section("v2", *v2),
        "v3": section("v3", "s1v3.ckpt", "s2Gv3.pth"),
        "v4": section("v4", "s1v3.ckpt", "gsv-v4-pretrained/s2Gv4.pth"),
        "v2Pro": section("v2Pro", "s1v3.ckpt", "v2Pro/s2Gv2Pro.pth"),
        "v2ProPlus": section("v2ProPlus", "s1v3.ckpt", "v2Pro/s2Gv2ProPlus.pth"),
    }
    (FOLDER / "server-default.yaml").write_text(yaml.dump(default))
    saved = dict(default)
    saved["v2"] = dict(default["v2"], device="cuda", is_half=True)
    saved["mine"] = {"note": "kept", "list": [1, 2.5, None, "模型"]}
    (FOLDER / "server-before.yaml").write_text(
        "# a user's file\n" + yaml.dump({"custom": section("v2", *v2), "v2": saved["v2"], "mine": saved["mine"]}, allow_unicode=True))
    saved["custom"] = dict(section("v2", *v2), vits_weights_path="SoVITS_weights_v2/小 红_e8_s200.pth", t2s_weights_path="new.ckpt")
    (FOLDER / "server-saved.yaml").write_text(yaml.dump(saved))


if __name__ == "__main__":
    write_rows("scalars.json", scalars())
    write_rows("dumps.json", dumps())
    server_files()
