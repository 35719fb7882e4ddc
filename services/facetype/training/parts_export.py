"""From a checkpoint of the detector of parts to the file that ships, calibrated class by class."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from services.facetype.part_detection import Kind
from shared.box_detection import OnnxBoxDetector
from shared.geometry import Box, RgbImage
from shared.training.box_export import (
    UNCALIBRATED,
    export_checkpoint,
    fit_calibration,
    quantise,
    set_metadata,
)
from shared.training.dataset import Split
from shared.training.pictures import load_upright

NAME = "pawtrait-part-detector"
THRESHOLD = 0.05
"""Confidence from which a box is looked at: what to make of it is the gate's to say."""
RIGHT_IOU = 0.5
CALIBRATION_PICTURES = 150


def pictures_of(folder: Path, split: Split) -> list[Path]:
    """The views of a split, by name."""
    return sorted((folder / "images" / split.value).glob("*.jpg"))


def read_label(picture: Path) -> list[tuple[Kind, Box]]:
    """The boxes of a view written by ``parts_prepare``."""
    split = picture.parent.name
    text = (picture.parents[2] / "labels" / split / f"{picture.stem}.txt").read_text()
    boxes = []
    for line in text.splitlines():
        kind, x, y, width, height = line.split()
        half = float(width) / 2, float(height) / 2
        edges = (float(x) - half[0], float(y) - half[1], float(x) + half[0], float(y) + half[1])
        x_min, y_min, x_max, y_max = (min(max(edge, 0.0), 1.0) for edge in edges)
        boxes.append((Kind(int(kind)), Box(x_min, y_min, x_max, y_max)))
    return boxes


def outcomes(detector: OnnxBoxDetector, pictures: Sequence[Path]) -> dict[Kind, list[tuple[float, bool]]]:
    """Per class the confidence of each box found and whether it is right."""
    results: dict[Kind, list[tuple[float, bool]]] = {kind: [] for kind in Kind}
    for path in pictures:
        truth = read_label(path)
        for found in detector.find(load_picture(path)):
            kind = Kind(found.kind)
            best = max((found.box.iou(box) for true, box in truth if true is kind), default=0.0)
            results[kind].append((found.confidence, best >= RIGHT_IOU))
    return results


def load_picture(path: Path) -> RgbImage:
    """A view as it was written."""
    return load_upright(path, None, max_side(path))


def max_side(path: Path) -> int:
    """Longest side of a stored picture in pixels."""
    from PIL import Image

    with Image.open(path) as picture:
        return int(max(picture.size))


def _spread(paths: Sequence[Path], count: int) -> Iterator[RgbImage]:
    for index in np.linspace(0, len(paths) - 1, min(count, len(paths))).astype(int):
        yield load_picture(paths[index])


def export(
    checkpoint: Path, views: Path, target: Path, version: str, size: int, *, precision: str = "int8"
) -> dict[Kind, tuple[float, float]]:
    """Write the detector, calibrated on the dev views; returns slope and offset of each class.

    A class of which dev has no right box, or no wrong one, stays uncalibrated.
    """
    metadata = {
        "name": NAME,
        "version": version,
        "long_side": str(size),
        "max_pixels": str(size * size),
        "threshold": str(THRESHOLD),
        "classes": ",".join(kind.name.lower() for kind in Kind),
        "licence": "see the model card",
    }
    export_checkpoint(checkpoint, target, metadata)
    if precision == "int8":
        quantise(target, _spread(pictures_of(views, Split.TRAIN), CALIBRATION_PICTURES))
    return calibrate(target, pictures_of(views, Split.DEV))


def calibrate(target: Path, pictures: Sequence[Path]) -> dict[Kind, tuple[float, float]]:
    """Fit and store Platt's line through the logits of each class."""
    set_metadata(target, UNCALIBRATED)
    results = outcomes(OnnxBoxDetector(target, threshold=0.0), pictures)
    lines = {}
    for kind in Kind:
        scores = [min(max(score, 1e-6), 1 - 1e-6) for score, _ in results[kind]]
        correct = [right for _, right in results[kind]]
        lines[kind] = fit_calibration(scores, correct) if len(set(correct)) == 2 else (1.0, 0.0)
    set_metadata(
        target,
        {
            "calibration_slope": ",".join(f"{lines[kind][0]:.4f}" for kind in Kind),
            "calibration_offset": ",".join(f"{lines[kind][1]:.4f}" for kind in Kind),
        },
    )
    return lines
