"""Asks FastAPI and pydantic how they read the fields of /tts, and writes what they say to forms.json.

    pip install 'fastapi>=0.115.2,<0.116' 'pydantic==2.10.6' httpx
    python make_forms.py > forms.json

Each case is a request with its status and, where it was refused, the `detail` of the answer; where it was taken, the fields as read.
"""

import json
import sys
from typing import Union

from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

APP = FastAPI()


class Speech(BaseModel):
    text: str = None
    aux_ref_audio_paths: list = None
    top_k: int = 15
    top_p: float = 1
    split_bucket: bool = True
    streaming_mode: Union[bool, int] = False


def told(fields):
    kinds = {bool: "bool", int: "int", float: "float", str: "str", list: "list", type(None): "null"}
    return {name: [kinds[type(value)], repr(value) if isinstance(value, float) else value] for name, value in fields.items()}


@APP.post("/form")
def post(form: Speech):
    return told(form.model_dump())


@APP.get("/form")
def get(
    text: str = None,
    top_k: int = 15,
    top_p: float = 1,
    split_bucket: bool = True,
    streaming_mode: Union[bool, int] = False,
):
    return told(locals())


client = TestClient(APP, raise_server_exceptions=False)
cases = []

VALUES = [
    "null", "true", "false", "0", "1", "2", "-1", "3.0", "3.5", "1e2", "1e400", "-0.0", "NaN", "Infinity", "-Infinity",
    "9223372036854775807", "0.1", '""', '" "', '"abc"', '"0"', '"1"', '"2"', '"-7"', '"+7"', '" 7 "', '"7.0"', '"7.5"', '"7."', '"1_000"',
    '"1__0"', '"_1"', '"0x10"', '"1e3"', '"nan"', '"inf"', '"-inf"', '"Infinity"', '"true"', '"TRUE"', '"False"', '"yes"', '"No"',
    '"on"', '"off"', '"t"', '"f"', '"y"', '"n"', '" true"', '"\\u0661"', '"007"', '".5"', '"5."', "[]", "[1]", '["a"]', "{}", '{"a": 1}',
    '["a", "b"]',
]
FIELDS = ["text", "aux_ref_audio_paths", "top_k", "top_p", "split_bucket", "streaming_mode"]
for field in FIELDS:
    for value in VALUES:
        body = '{"%s": %s}' % (field, value)
        answer = client.post("/form", content=body, headers={"content-type": "application/json"})
        case = {"body": body, "status": answer.status_code}
        if answer.status_code == 200:
            case["value"] = answer.json()[field]
        elif answer.status_code == 422:
            case["detail"] = answer.json()["detail"]
        cases.append(case)

BODIES = [
    "", "{", "}", "[", "[]", '"text"', "1", "null", "nul", "tru", '{"a"}', '{"a":}', '{"a":1,}', '{"a":1 "b"}', "{'a':1}", '{"a":1}}', '{"a":"',
    '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":"\n"}', '{"a":01}', '{"a":-}', '{"a":1.}', '{"a":.5}', '{"a":+1}', '{"é":nix}', "[1,]", "[1 2]", "  ",
    '{"a":"\t"}', '{1:2}', '{"a":tru', '{"text":"x"', '\ufeff{}', '{"a":"\\ud83d\\ude00"}',
]
for body in BODIES:
    answer = client.post("/form", content=body.encode(), headers={"content-type": "application/json"})
    case = {"body": body, "status": answer.status_code}
    if answer.status_code != 200:
        case["detail"] = answer.json()["detail"]
    cases.append(case)

for kind in ["application/json; charset=utf-8", "application/vnd.x+json", "text/plain", "application/x-www-form-urlencoded", "APPLICATION/JSON"]:
    answer = client.post("/form", content="{}", headers={"content-type": kind})
    case = {"body": "{}", "contentType": kind, "status": answer.status_code}
    if answer.status_code != 200:
        case["detail"] = answer.json()["detail"]
    cases.append(case)

for query in [
    "top_k=", "top_k=7", "top_k=+7", "top_k=%2B7", "top_k=7.0", "top_k=x", "top_p=", "top_p=0.5", "top_p=x", "split_bucket=true", "split_bucket=",
    "split_bucket=2", "streaming_mode=true", "streaming_mode=2", "streaming_mode=x", "streaming_mode=1.5", "text=a+b%20c", "text=", "text=%ff",
    "top_k=1&top_k=2", "top_k", "text=%E4%BD%A0", "text=a=b", "text=%zz", "text=100%", "other=1",
]:
    answer = client.get("/form?" + query)
    case = {"query": query, "status": answer.status_code}
    if answer.status_code == 200:
        case["values"] = answer.json()
    else:
        case["detail"] = answer.json()["detail"]
    cases.append(case)

json.dump(cases, sys.stdout, indent=0, ensure_ascii=True)
