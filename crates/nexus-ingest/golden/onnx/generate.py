"""Writes networks as ONNX files and what onnxruntime makes of them. Made with onnx 1.19, torch 2.14.1,
onnxruntime 1.32.0 and numpy 2: `python generate.py FOLDER`. The files are kept, so nobody has to."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

COLUMNS = 59


def rows(random, count):
    """Rows as candidates have them: many columns are 0, the others lie in [-1, 1]."""
    numbers = random.uniform(-1, 1, (count, COLUMNS))
    return np.where(random.uniform(size=numbers.shape) < 0.4, 0.0, numbers).astype(np.float32)


def by_hand(random, widths, activations, matmul):
    nodes, constants, at, inputs = [], [], "candidates", COLUMNS
    for number, (width, activation) in enumerate(zip(widths, activations)):
        weights = random.normal(0, inputs**-0.5, (inputs, width)).astype(np.float32)
        bias = random.normal(0, 0.3, width).astype(np.float32)
        turned = not matmul and number % 2 == 0
        kept = np.ascontiguousarray(weights.T) if turned else weights
        constants += [numpy_helper.from_array(kept, f"w{number}"), numpy_helper.from_array(bias, f"b{number}")]
        if matmul:
            nodes.append(helper.make_node("MatMul", [at, f"w{number}"], [f"m{number}"]))
            nodes.append(helper.make_node("Add", [f"m{number}", f"b{number}"], [f"a{number}"]))
        else:
            nodes.append(helper.make_node("Gemm", [at, f"w{number}", f"b{number}"], [f"a{number}"], transB=int(turned)))
        at, inputs = f"a{number}", width
        if activation:
            nodes.append(helper.make_node(activation, [at], [f"h{number}"]))
            at = f"h{number}"
    nodes.append(helper.make_node("Identity", [at], ["logits"]))
    port = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["count", width])
    graph = helper.make_graph(nodes, "policy", [port("candidates", COLUMNS)], [port("logits", 1)], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def by_torch(path):
    import torch
    from torch import nn

    torch.manual_seed(5)
    network = nn.Sequential(nn.Linear(COLUMNS, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
    axes = {"candidates": {0: "count"}, "logits": {0: "count"}}
    torch.onnx.export(network.eval(), (torch.zeros(2, COLUMNS),), str(path), opset_version=17, dynamo=False,
                      input_names=["candidates"], output_names=["logits"], dynamic_axes=axes)


def main():
    folder, random = Path(sys.argv[1]), np.random.default_rng(3)
    onnx.save(by_hand(random, [16, 8, 1], ["Tanh", "Sigmoid", ""], True), folder / "matmul-tanh-sigmoid.onnx")
    onnx.save(by_hand(random, [32, 16, 1], ["Relu", "Tanh", ""], False), folder / "gemm-relu-tanh.onnx")
    onnx.save(by_hand(random, [1], ["Sigmoid"], False), folder / "one-layer.onnx")
    by_torch(folder / "torch-64-64-relu.onnx")
    expected = []
    for path in sorted(folder.glob("*.onnx")):
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        seen = rows(random, 5)
        logits = session.run(None, {"candidates": seen})[0].ravel()
        expected.append({"file": path.name, "rows": seen.astype(float).round(9).tolist(), "logits": logits.astype(float).tolist()})
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
