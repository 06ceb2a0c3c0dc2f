#!/usr/bin/env python3
"""Makes small g2pW networks with random weights, exported to ONNX as g2pW's authors exported theirs, with answers.

    python3 make.py [--size small|public] [--queries N] [FOLDER]

Needs torch, transformers, onnx, onnxruntime and g2pw 0.1.2 (for the network itself). The published file was exported by
the first PyTorch exporter at opset 12 with constants folded; `small` writes three networks of other sizes and head counts
into this folder, `public` one of the published file's sizes (635 MB) into FOLDER. Each network comes with `<name>.json`:
queries with the probabilities and logits that onnxruntime gives.
"""

import argparse
import json
import pathlib
import warnings

import numpy
import onnx
import onnxruntime
import torch
from g2pw.module import G2PW
from transformers import BertConfig

warnings.filterwarnings("ignore")
POS_TAGS = ["UNK", "A", "C", "D", "I", "N", "P", "T", "V", "DE", "SHI"]
CONDITIONAL = {
    "affect_location": "softmax",
    "bias": True,
    "char-linear": True,
    "pos-linear": False,
    "char+pos-second": True,
    "char+pos-second_lowrank": False,
    "lowrank_size": 0,
    "char+pos-second_fm": False,
    "fm_size": 0,
    "fix_mode": None,
    "count_json": "train.count.json",
}
INPUTS = ["input_ids", "token_type_ids", "attention_mask", "phoneme_mask", "char_ids", "position_ids"]


class InferenceG2PW(G2PW):
    """The network with the inputs of inference alone; today's exporter would make inputs of the defaults too."""

    def forward(self, input_ids, token_type_ids, attention_mask, phoneme_mask, char_ids, position_ids):
        return super().forward(input_ids, token_type_ids, attention_mask, phoneme_mask, char_ids, position_ids)


def network(sizes, labels, characters, seed):
    torch.manual_seed(seed)
    configuration = BertConfig(**sizes, attn_implementation="eager")
    model = InferenceG2PW(
        configuration,
        labels=list(range(labels)),
        chars=list(range(characters)),
        pos_tags=POS_TAGS,
        use_conditional=True,
        param_conditional=CONDITIONAL,
        use_pos=True,
        param_pos={"weight": 0.1, "pos_joint_training": True},
    )
    # About as wide as training starts with at the published width, and wider in narrow networks, so that answers differ.
    spread = 0.6 / sizes["hidden_size"] ** 0.5
    for name, parameter in model.named_parameters():
        if "LayerNorm.weight" in name:
            parameter.data.normal_(1.0, 0.2)
        else:
            parameter.data.normal_(0.0, spread)
    return model.eval()


def export(model, path):
    """As `scripts/export_onnx_model.py` of g2pW does."""
    example = (
        torch.tensor([[101, 7, 8, 102]]) % model.config.vocab_size,
        torch.zeros(1, 4, dtype=torch.long),
        torch.ones(1, 4, dtype=torch.long),
        torch.ones(1, model.num_labels),
        torch.zeros(1, dtype=torch.long),
        torch.ones(1, dtype=torch.long),
    )
    torch.onnx.export(
        model,
        example,
        str(path),
        export_params=True,
        opset_version=12,
        do_constant_folding=True,
        input_names=INPUTS,
        output_names=["probs"],
        dynamic_axes={
            "input_ids": [0, 1],
            "token_type_ids": [0, 1],
            "attention_mask": [0, 1],
            "phoneme_mask": [0],
            "char_ids": [0],
            "position_ids": [0],
            "probs": [0],
        },
        dynamo=False,
    )


def rename_as_torch_1_7(path):
    """The exporter of the published file's time numbered what it folded: `1234`, not `onnx::MatMul_1234`."""
    model = onnx.load(str(path))
    for node in model.graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                names[index] = name.removeprefix("onnx::").rpartition("_")[2] if "onnx::" in name else name
    for tensor in model.graph.initializer:
        tensor.name = tensor.name.rpartition("_")[2] if "onnx::" in tensor.name else tensor.name
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def with_logits(path):
    """The same network with the classifier's output as a second one."""
    model = onnx.load(str(path))
    (classifier,) = [node for node in model.graph.node if "classifier.bias" in node.input]
    model.graph.output.append(onnx.helper.make_tensor_value_info(classifier.output[0], onnx.TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    if model.ByteSize() < 2**31:
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    raise SystemExit("the network is too large for one message")


def answers(path, sizes, labels, characters, count, seed, rows_with_values):
    session = with_logits(path)
    random = numpy.random.default_rng(seed)
    records = []
    for index in range(count):
        length = int(random.integers(3, min(sizes["max_position_embeddings"], 60)))
        tokens = random.integers(0, sizes["vocab_size"], length)
        mask = numpy.zeros((1, labels), numpy.float32)
        allowed = sorted(random.choice(labels, int(random.integers(1, 6)), replace=False).tolist())
        mask[0, allowed] = 1
        character, position = int(random.integers(0, characters)), int(random.integers(1, length - 1))
        probabilities, logits = session.run(
            None,
            {
                "input_ids": tokens[None],
                "token_type_ids": numpy.zeros((1, length), numpy.int64),
                "attention_mask": numpy.ones((1, length), numpy.int64),
                "phoneme_mask": mask,
                "char_ids": numpy.array([character]),
                "position_ids": numpy.array([position]),
            },
        )
        assert numpy.isfinite(probabilities).all()
        record = {
            "tokens": tokens.tolist(),
            "position": position,
            "character": character,
            "allowed": allowed,
            "answer": int(probabilities[0].argmax()),
            "probabilities": [round(float(probabilities[0, label]), 7) for label in allowed],
        }
        if index < rows_with_values:
            record["logits"] = [round(float(value), 6) for value in logits[0]]
        records.append(record)
    return records


SMALL = {
    # Name: sizes, labels, characters, whether initializers are named as in PyTorch 1.7.
    "narrow": (dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40), 30, 11, True),
    "wide": (dict(hidden_size=64, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32), 17, 6, False),
}
PUBLIC = (
    dict(
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=3072,
        vocab_size=21128,
        max_position_embeddings=512,
        type_vocab_size=2,
        layer_norm_eps=1e-12,
    ),
    1305,
    3582,
)


def write(folder, name, sizes, labels, characters, numbered, count, seed, rows_with_values):
    model = network(sizes, labels, characters, seed)
    path = folder / f"{name}.onnx"
    export(model, path)
    if numbered:
        rename_as_torch_1_7(path)
    records = answers(path, sizes, labels, characters, count, seed, rows_with_values)
    text = json.dumps(dict(heads=sizes["num_attention_heads"], labels=labels, queries=records), separators=(",", ":"))
    (folder / f"{name}.json").write_text(text + "\n")
    print(f"{path}: {path.stat().st_size:,} bytes, {len(records)} queries")


def main():
    parser = argparse.ArgumentParser(description="Make g2pW networks with random weights, and their answers.")
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--size", choices=["small", "public"], default="small")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.size == "public":
        write(options.folder, "g2pW", *PUBLIC, False, options.queries, options.seed, 20)
        return
    for name, (sizes, labels, characters, numbered) in SMALL.items():
        common = dict(vocab_size=90, max_position_embeddings=64, type_vocab_size=2, layer_norm_eps=1e-12)
        write(options.folder, name, common | sizes, labels, characters, numbered, options.queries, options.seed, 20)


if __name__ == "__main__":
    main()
