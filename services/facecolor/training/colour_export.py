"""From the trained network to the file that ships."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from services.facecolor.colour_names import COLOURS
from services.facecolor.training.colour_network import ColourHead
from shared.training.saving import save_onnx

OPSET = 17
HALF_FROM = 64
"""Arrays with at least so many values are stored as float16; run time computes in float32 all the same."""


def export(head: ColourHead, size: int, path: Path, *, version: str, facts: Mapping[str, object]) -> None:
    """Write the network as ONNX: ``image`` (n, 3, size, size) → ``primary`` (n, 7), ``secondary`` (n, 8).

    Args:
        head: the network.
        size: side of its input, pixels.
        path: file to write.
        version: of the model, given in every answer of the service.
        facts: written beside it as JSON: recipe, seed, figures.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        head.eval(),
        (torch.zeros(1, 3, size, size),),
        str(path),
        input_names=["image"],
        output_names=["primary", "secondary"],
        dynamic_axes={"image": {0: "n"}, "primary": {0: "n"}, "secondary": {0: "n"}},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(path)
    store_half(model)
    metadata = {
        "name": "colour-head",
        "version": version,
        "size": str(size),
        "colours": ",".join(COLOURS),
        "facts": json.dumps(facts, sort_keys=True),
    }
    onnx.helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    save_onnx(model, path)


def store_half(model: onnx.ModelProto) -> None:
    """Store large float32 arrays as float16 with a cast behind each, in place.

    ONNX Runtime folds the casts when it loads the file, so the file halves and speed stays.
    """
    graph = model.graph
    casts = []
    for array in graph.initializer:
        values = numpy_helper.to_array(array)
        if array.data_type != TensorProto.FLOAT or values.size < HALF_FROM:
            continue
        name = array.name
        half = numpy_helper.from_array(values.astype(np.float16), f"{name}.half")
        array.CopyFrom(half)
        casts.append(helper.make_node("Cast", [half.name], [name], name=f"{name}.cast", to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
