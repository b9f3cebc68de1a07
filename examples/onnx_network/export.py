"""Writes the input and one ONNX model a stage. mixer_half.onnx has weights that went through float16.

    python export.py
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from weights import CHANNELS, CLASSES, HIDDEN, signal, weights

FOLDER = Path(__file__).parent
SHAPES = {"signal": CHANNELS, "features": HIDDEN, "mixed": HIDDEN, "logits": CLASSES, "probabilities": CLASSES}


def write(name: str, nodes: list, inputs: list, outputs: list, initial: dict) -> None:
    info = lambda seam: helper.make_tensor_value_info(seam, TensorProto.FLOAT, [SHAPES[seam], "frames"])
    tensors = [numpy_helper.from_array(np.ascontiguousarray(values), key) for key, values in initial.items()]
    graph = helper.make_graph(nodes, name, [info(i) for i in inputs], [info(o) for o in outputs], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, FOLDER / f"{name}.onnx")


def mixer(name: str, weight: np.ndarray, bias: np.ndarray) -> None:
    nodes = [
        helper.make_node("MatMul", ["weight", "features"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["activated"]),
        helper.make_node("Add", ["features", "activated"], ["mixed"]),
    ]
    write(name, nodes, ["features"], ["mixed"], {"weight": weight, "bias": bias[:, None]})


def main() -> None:
    w = weights()
    (FOLDER / "inputs").mkdir(exist_ok=True)
    np.save(FOLDER / "inputs" / "noise.npy", signal())
    write(
        "encoder",
        [
            helper.make_node("Unsqueeze", ["signal", "first"], ["batch"]),
            helper.make_node("Conv", ["batch", "weight", "bias"], ["convolved"], pads=[1, 1]),
            helper.make_node("Tanh", ["convolved"], ["activated"]),
            helper.make_node("Squeeze", ["activated", "first"], ["features"]),
        ],
        ["signal"],
        ["features"],
        {"weight": w["encoder.weight"], "bias": w["encoder.bias"], "first": np.array([0], np.int64)},
    )
    mixer("mixer", w["mixer.weight"], w["mixer.bias"])
    half = [w[key].astype(np.float16).astype(np.float32) for key in ("mixer.weight", "mixer.bias")]
    mixer("mixer_half", *half)
    write(
        "head",
        [
            helper.make_node("MatMul", ["weight", "mixed"], ["product"]),
            helper.make_node("Add", ["product", "bias"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["probabilities"], axis=0),
        ],
        ["mixed"],
        ["logits", "probabilities"],
        {"weight": w["head.weight"], "bias": w["head.bias"][:, None]},
    )


if __name__ == "__main__":
    main()
