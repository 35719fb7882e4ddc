"""Making a network small and fast: 8-bit early blocks, half-precision storage of the rest."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from shared.training.saving import save_onnx

Inputs = dict[str, NDArray[np.generic]]
LARGE = 1024
"""Constants with fewer numbers than this are not worth storing in half precision."""


class _Reader(CalibrationDataReader):
    def __init__(self, inputs: Iterable[Inputs]) -> None:
        self._rest = iter(inputs)

    def get_next(self) -> Inputs | None:
        """The next inputs, or None after the last."""
        return next(self._rest, None)


def quantise(full: Path, small: Path, inputs: Iterable[Inputs], convolutions: int) -> None:
    """Write ``small``: the first ``convolutions`` of ``full`` in 8 bits, weights per channel.

    Args:
        full: a model in full precision.
        small: where to write.
        inputs: what the ranges of activations are taken from.
        convolutions: how many convolutions, from the start, are quantised; -1 = all. What follows
            stays in full precision.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(full), str(prepared), skip_symbolic_shape=True)
        nodes = list(onnx.load(prepared).graph.node)
        places = [place for place, node in enumerate(nodes) if node.op_type == "Conv"]
        end = places[convolutions] if 0 <= convolutions < len(places) else len(nodes)
        quantize_static(
            str(prepared),
            str(small),
            _Reader(inputs),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Clip", "Add", "GlobalAveragePool"],
            nodes_to_exclude=[node.name for node in nodes[end:]],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )


def store_in_half(path: Path) -> None:
    """Rewrite the model at ``path`` with large constants in half precision, cast back when it is loaded.

    The cast of a constant is folded while the session is made, so that running costs nothing.
    """
    model = onnx.load(path)
    graph = model.graph
    casts = []
    for constant in graph.initializer:
        values = onnx.numpy_helper.to_array(constant)
        if values.dtype != np.float32 or values.size < LARGE:
            continue
        name = constant.name
        stored = onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}_half")
        constant.CopyFrom(stored)
        casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    save_onnx(model, path)
