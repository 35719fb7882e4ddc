"""Export a trained nose detector to ONNX (int8) and calibrate its confidence on the dev split.

``python -m services.noseprint.training.detector_export DATASET CHECKPOINT [--version …]``
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from services.noseprint.detection import MODEL_FILE, NoseDetector
from shared.geometry import Box, RgbImage
from shared.training.box_export import (
    UNCALIBRATED,
    calibration_metadata,
    export_checkpoint,
    fit_calibration,
    quantise,
    set_metadata,
)
from shared.training.dataset import REPOSITORY, Split

NAME = "pawtrait-nose-detector"
MODEL_FOLDER = REPOSITORY / "services" / "noseprint" / "model"
LONG_SIDE, MAX_PIXELS = 320, 320 * 320
"""Input size: the longest side and the most pixels, margins included."""
THRESHOLD = 0.5
"""Calibrated confidence from which a box is reported: on dev, more loses near noses, less finds cats'."""
LOOKS = {
    "look_afar_side": 160,
    "look_afar_below": 0.3,
    "look_near_side": 160,
    "look_near_widths": 4,
    "look_near_most": 2,
    "look_near_enough": 0.15,
    "look_room": 0.25,
    "look_room_least": 0.6,
}
"""See ``services.noseprint.looks``; chosen on dev, within 20 ms of one core."""
CALIBRATION_PICTURES = 160
EXACT_LAYERS = (0, 1, 2)
"""Of the network; they take hardly longer in float32, and 8 bits cost two points of AP50 there."""


def written_pictures(dataset: Path, split: Split) -> Iterator[tuple[RgbImage, tuple[Box, ...]]]:
    """Pictures and noses of a set that ``detector_prepare`` wrote, in an even mixture of its kinds."""
    for path in sorted((dataset / "images" / split.value).glob("*.jpg")):
        image = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)
        label = dataset / "labels" / split.value / f"{path.stem}.txt"
        noses = []
        for line in label.read_text().splitlines():
            _, x, y, width, height = (float(part) for part in line.split())
            edges = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            noses.append(Box(*(min(max(edge, 0.0), 1.0) for edge in edges)))
        yield image, tuple(noses)


def dev_outcomes(detector: NoseDetector, dataset: Path) -> tuple[list[float], list[bool]]:
    """Confidences of the boxes found in dev pictures, and whether each is a nose (IoU ≥ 0.5).

    Whole photos count only by their surest box: a second dog in them may have a nose without a label.
    """
    scores: list[float] = []
    correct: list[bool] = []
    for image, truth in written_pictures(dataset, Split.DEV):
        found = sorted(detector.detect(image), key=lambda nose: -nose.confidence)
        for nose in found[: max(len(truth), 1)]:
            scores.append(nose.confidence)
            correct.append(max((nose.box.iou(box) for box in truth), default=0.0) >= 0.5)
    return scores, correct


def export(dataset: Path, checkpoint: Path, target: Path, version: str, *, int8: bool = True) -> None:
    """Write, quantise and calibrate the file that ships.

    Raises:
        ValueError: dev has no wrong box or no right one to calibrate with.
    """
    metadata = {
        "name": NAME,
        "version": version,
        "long_side": str(LONG_SIDE),
        "max_pixels": str(MAX_PIXELS),
        "threshold": str(THRESHOLD),
        "licence": "see the model card",
        **{key: str(value) for key, value in LOOKS.items()},
    }
    export_checkpoint(checkpoint, target, metadata)
    if int8:
        pictures = [image for image, _ in written_pictures(dataset, Split.TRAIN)]
        chosen = pictures[:: max(len(pictures) // CALIBRATION_PICTURES, 1)]
        quantise(target, chosen, exact_layers=EXACT_LAYERS)
    calibrate(target, dataset)


def calibrate(path: Path, dataset: Path) -> tuple[float, float]:
    """Fit slope and offset of the confidence on dev and write them into the file.

    Raises:
        ValueError: dev has no wrong box or no right one to learn from.
    """
    set_metadata(path, UNCALIBRATED)
    slope, offset = fit_calibration(*dev_outcomes(NoseDetector(path, threshold=0.0), dataset))
    set_metadata(path, calibration_metadata(slope, offset))
    return slope, offset


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, help="folder written by detector_prepare")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--version", default="1")
    parser.add_argument("--target", type=Path, default=MODEL_FOLDER / MODEL_FILE)
    parser.add_argument("--precision", choices=["int8", "float32"], default="int8")
    arguments = parser.parse_args()
    export(
        arguments.dataset,
        arguments.checkpoint,
        arguments.target,
        arguments.version,
        int8=arguments.precision == "int8",
    )
    print(f"wrote {arguments.target.name}")


if __name__ == "__main__":
    main()
