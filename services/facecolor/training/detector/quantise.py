"""Static int8 quantisation of the exported detector."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from services.facecolor.training.detector.labels import Photo, read_photos
from services.facecolor.training.detector.pictures import load_upright, photo_path
from shared.box_detection import letterbox
from shared.training.dataset import Split, split_of

PHOTOS = 150
"""Training photos from which the ranges of activations are taken."""
QUANTISED = ["Conv", "Concat", "MaxPool", "Add", "Mul", "Sigmoid", "Resize"]
HEAD = "model.24"
"""Name of the layer that turns features into boxes: its arithmetic after the convolutions stays float32."""


class Photos(CalibrationDataReader):
    """Training photos as the service would show them to the network."""

    def __init__(
        self, data: Path, photos: list[Photo], input_name: str, long_side: int, max_pixels: int
    ) -> None:
        self._data, self._photos, self._name = data, iter(photos), input_name
        self._long_side, self._max_pixels = long_side, max_pixels

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input, None after the last."""
        photo = next(self._photos, None)
        if photo is None:
            return None
        image = load_upright(photo_path(self._data, photo), (photo.width, photo.height), 500)
        return {self._name: letterbox(image, self._long_side, self._max_pixels).pixels}


def quantise(path: Path, data: Path, reduce_range: bool = False) -> None:
    """Replace a float32 detector by its int8 version, metadata kept.

    Weights are quantised per channel; the decoding of boxes at the end stays in float32.

    Args:
        reduce_range: seven bits for weights, for processors without VNNI instructions.
    """
    model = onnx.load(str(path))
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    photos = [
        photo
        for photo in read_photos(data / "stanford_dogs.csv").values()
        if split_of(photo.file) is Split.TRAIN
    ]
    reader = Photos(
        data,
        photos[:: max(len(photos) // PHOTOS, 1)][:PHOTOS],
        model.graph.input[0].name,
        int(metadata["long_side"]),
        int(metadata["max_pixels"]),
    )
    with tempfile.TemporaryDirectory() as scratch:
        prepared, result = Path(scratch) / "prepared.onnx", Path(scratch) / "result.onnx"
        quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
        kept = [
            node.name
            for node in onnx.load(str(prepared)).graph.node
            if (HEAD in node.name and node.op_type != "Conv") or "dfl" in node.name
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
    onnx.save(quantised, str(path))


def write_metadata(model: onnx.ModelProto, values: dict[str, str]) -> None:
    """Set metadata entries of an ONNX model, replacing those of the same key."""
    kept = {entry.key: entry.value for entry in model.metadata_props} | values
    del model.metadata_props[:]
    for key, value in kept.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
