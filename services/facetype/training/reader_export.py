"""From a trained part reader to ``types.onnx``: 8 bits where they cost little, calibration and fusion."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from services.facetype.catalogue import Catalogue
from services.facetype.face import Part
from services.facetype.fusion import KEY
from services.facetype.part_crops import margins_entry
from services.facetype.part_reading import PartLogits, PartReader
from services.facetype.training.reader_fusion import fit_fusion
from services.facetype.training.reader_network import ReaderNetwork
from services.facetype.training.reader_samples import Sample
from services.facetype.training.reader_views import fixed_crops, load
from shared.training.quantisation import quantise, store_in_half
from shared.training.saving import save_onnx

PRECISIONS = ("mixed", "int8", "float32")
OPSET = 17


def write_onnx(network: ReaderNetwork, size: int, path: Path) -> None:
    """Export in full precision with a free number of crops."""
    torch.onnx.export(
        network.eval(),
        (torch.zeros(3, size, size, 3, dtype=torch.uint8),),
        str(path),
        dynamo=False,
        opset_version=OPSET,
        input_names=["crops"],
        output_names=["logits"],
        dynamic_axes={"crops": {0: "crops"}, "logits": {0: "crops"}},
    )


def _inputs(samples: Sequence[Sample], size: int) -> Iterator[dict[str, NDArray[np.generic]]]:
    for sample in samples:
        yield {"crops": fixed_crops(load(sample), sample, size)}


def _set_metadata(path: Path, metadata: dict[str, str]) -> None:
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, metadata)
    save_onnx(model, path)


def answers_of(reader: PartReader, samples: Sequence[Sample]) -> list[PartLogits]:
    """What the served model says of samples, as it would in service."""
    cv2.setNumThreads(1)
    return [reader.read(load(sample), sample.boxes) for sample in samples]


def export(
    network: ReaderNetwork,
    catalogue: Catalogue,
    size: int,
    path: Path,
    *,
    ranges: Sequence[Sample],
    dev: Sequence[Sample],
    precision: str = "mixed",
) -> dict[str, str]:
    """Write the model that is served; returns its metadata.

    Args:
        network: as trained.
        catalogue: whose labels.
        size: side of the crops, pixels.
        path: where to write.
        ranges: samples that the ranges of 8-bit activations are taken from.
        dev: samples that calibration and fusion are fitted on.
        precision: ``mixed`` = the frozen blocks in 8 bits, the rest stored in half; ``int8`` = all in 8
            bits; ``float32``.

    Raises:
        ValueError: ``dev`` has no face with a label.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_onnx(network, size, path)
    if precision != "float32":
        frozen = sum(isinstance(module, nn.Conv2d) for module in network.stem.modules())
        quantise(path, path, _inputs(ranges, size), -1 if precision == "int8" else frozen)
        store_in_half(path)
    metadata = {
        "size": str(size),
        "version": "1-" + hashlib.sha256(path.read_bytes()).hexdigest()[:8],
        "catalogue": catalogue.label,
        "labels": json.dumps({str(part): list(catalogue.labels(part)) for part in Part}),
        **margins_entry(),
    }
    _set_metadata(path, metadata)
    parameters = fit_fusion(dev, answers_of(PartReader(path, catalogue), dev), catalogue)
    metadata[KEY] = parameters.to_json()
    _set_metadata(path, metadata)
    return metadata
