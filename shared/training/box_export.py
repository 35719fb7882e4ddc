"""From a trained box detector to the file that ships: ONNX, static int8, calibrated confidence."""

import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from sklearn.linear_model import LogisticRegression

from shared.box_detection import letterbox
from shared.geometry import RgbImage
from shared.training.saving import save_onnx
from shared.training.ultralytics_offline import YOLO

QUANTISED = ["Conv", "Concat", "MaxPool", "Add", "Mul", "Sigmoid", "Resize"]
HEAD = "model.24"
"""Name of the layer that turns features into boxes: its arithmetic after the convolutions stays float32."""
UNCALIBRATED = {"calibration_slope": "1.0", "calibration_offset": "0.0"}


def write_metadata(model: onnx.ModelProto, values: dict[str, str]) -> None:
    """Set metadata entries of an ONNX model, replacing those of the same key."""
    kept = {entry.key: entry.value for entry in model.metadata_props} | values
    del model.metadata_props[:]
    for key, value in kept.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of an ONNX file."""
    return {entry.key: entry.value for entry in onnx.load(str(path)).metadata_props}


def set_metadata(path: Path, values: dict[str, str]) -> None:
    """Set metadata entries of an ONNX file in place."""
    model = onnx.load(str(path))
    write_metadata(model, values)
    save_onnx(model, path)


def export_checkpoint(checkpoint: Path, target: Path, metadata: dict[str, str]) -> None:
    """Write a checkpoint as ONNX (float32, any input size) with the metadata given, uncalibrated.

    The graph is the one that :class:`shared.box_detection.OnnxBoxDetector` runs.
    """
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "detector.pt"
        shutil.copy(checkpoint, copy)
        exported = YOLO(str(copy)).export(
            format="onnx", imgsz=256, dynamic=True, simplify=False, opset=17, nms=False, device="cpu"
        )
        model = onnx.load(exported)
    # Ultralytics writes class names, strides and the date; the services read none of these.
    del model.metadata_props[:]
    write_metadata(model, metadata | UNCALIBRATED)
    target.parent.mkdir(parents=True, exist_ok=True)
    save_onnx(model, target)


class _Pictures(CalibrationDataReader):
    """Pictures as the service would show them to the network."""

    def __init__(self, pictures: Iterable[RgbImage], name: str, long_side: int, max_pixels: int) -> None:
        self._pictures: Iterator[RgbImage] = iter(pictures)
        self._name, self._long_side, self._max_pixels = name, long_side, max_pixels

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input, None after the last."""
        picture = next(self._pictures, None)
        if picture is None:
            return None
        return {self._name: letterbox(picture, self._long_side, self._max_pixels).pixels}


def quantise(
    path: Path,
    pictures: Iterable[RgbImage],
    *,
    reduce_range: bool = False,
    exact_layers: Sequence[int] = (),
) -> None:
    """Replace a float32 detector by its int8 version, metadata kept.

    Weights are quantised per channel; the decoding of boxes at the end stays in float32.

    Args:
        pictures: training pictures from which the ranges of activations are taken.
        reduce_range: seven bits for weights, for processors without VNNI instructions.
        exact_layers: modules of the network (0 is the first) that stay in float32: what the first ones
            lose, no later one brings back.
    """
    model = onnx.load(str(path))
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    reader = _Pictures(
        pictures, model.graph.input[0].name, int(metadata["long_side"]), int(metadata["max_pixels"])
    )
    with tempfile.TemporaryDirectory() as scratch:
        prepared, result = Path(scratch) / "prepared.onnx", Path(scratch) / "result.onnx"
        quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
        exact = tuple(f"/model.{layer}/" for layer in exact_layers)
        kept = [
            node.name
            for node in onnx.load(str(prepared)).graph.node
            if (HEAD in node.name and node.op_type != "Conv")
            or "dfl" in node.name
            or node.name.startswith(exact)
        ]
        quantize_static(
            str(prepared),
            str(result),
            reader,
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=reduce_range,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=kept,
            op_types_to_quantize=QUANTISED,
        )
        quantised = onnx.load(str(result))
    write_metadata(quantised, metadata)
    save_onnx(quantised, path)


def fit_calibration(
    scores: list[float], correct: list[bool], weights: list[float] | None = None
) -> tuple[float, float]:
    """Slope and offset of Platt's line through the logits of raw scores.

    Raises:
        ValueError: there is no wrong box or no right one to learn from.
    """
    if len(set(correct)) < 2:
        raise ValueError(f"dev gives {sum(correct)} right boxes of {len(correct)}: nothing to calibrate with")
    logits = np.array([[math.log(score / (1 - score))] for score in scores])
    fit = LogisticRegression(C=1e6).fit(logits, correct, sample_weight=weights)
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])


def calibration_metadata(slope: float, offset: float) -> dict[str, str]:
    """The metadata entries of a calibration."""
    return {"calibration_slope": f"{slope:.4f}", "calibration_offset": f"{offset:.4f}"}
