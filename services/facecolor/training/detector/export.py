"""Export a trained head detector to ONNX and calibrate its confidence on the dev split.

``python -m services.facecolor.training.detector.export CHECKPOINT [--version …]``
"""

import argparse
from pathlib import Path

import torch

from services.facecolor.detection import MODEL_FILE, OnnxHeadDetector
from services.facecolor.training.detector.labels import (
    best_match,
    read_boxes,
    read_photos,
    read_teacher_heads,
    sure_boxes,
)
from services.facecolor.training.detector.pictures import photo_path
from services.facecolor.training.detector.quantise import quantise
from shared.geometry import Box, RgbImage
from shared.training.box_export import (
    UNCALIBRATED,
    calibration_metadata,
    export_checkpoint,
    fit_calibration,
    set_metadata,
)
from shared.training.dataset import REPOSITORY, Split, data_folder, split_of
from shared.training.pictures import load_upright

NAME = "pawtrait-head-detector"
CHECKED = Path(__file__).parents[1] / "hand_checked_dev_heads.csv"
"""Heads in dev photos that the teacher missed: a detector's proposals, judged and put right by eye."""
LONG_SIDE, MAX_PIXELS = 256, 256 * 256
"""Input size: the longest side and the most pixels, margins included, that keep a call within its time."""

THRESHOLD = 0.6
"""Calibrated confidence from which a box is reported: on dev, more than that costs heads that the teacher
missed faster than it spares cats."""


def export_onnx(checkpoint: Path, target: Path, version: str, long_side: int = LONG_SIDE) -> None:
    """Write a checkpoint as ONNX (float32, any input size) with what the service must know about it.

    The graph takes ``images`` (1, 3, height, width), 0…1, and gives (1, 5, candidates): centre x and y,
    width and height in input pixels, raw score. Suppression of duplicates is the caller's.
    """
    metadata = {
        "name": NAME,
        "version": version,
        "long_side": str(long_side),
        "max_pixels": str(MAX_PIXELS),
        "threshold": str(THRESHOLD),
        "licence": "see the model card",
    }
    export_checkpoint(checkpoint, target, metadata)


def known_dev_heads(data: Path) -> dict[str, tuple[tuple[Box, ...], float]]:
    """Dev photos whose heads are all known, and how many photos of their kind each stands for.

    Those in which the teacher is sure of every dog's head, and those of the teacher's misses that were
    checked by eye; the latter stand for all misses of the split.
    """
    photos = read_photos(data / "stanford_dogs.csv")
    teacher = {
        file: heads
        for file, heads in read_teacher_heads(data / "head_boxes.csv").items()
        if split_of(file) is Split.DEV
    }
    sure = {file: sure_boxes(photos[file], heads) for file, heads in teacher.items()}
    known = {file: (heads, 1.0) for file, heads in sure.items() if heads}
    checked = {file: boxes for file, boxes in read_boxes(CHECKED).items() if file in teacher}
    misses = sum(not heads for heads in teacher.values())
    for file, boxes in checked.items():
        known[file] = (tuple(boxes), misses / len(checked))
    return known


def dev_outcomes(detector: OnnxHeadDetector, data: Path) -> tuple[list[float], list[bool], list[float]]:
    """Scores of the boxes found in dev pictures, whether each is a head, and the weight of each.

    Counted are photos with known heads, cats and things; in other photos nobody knows which are wrong.
    """
    scores: list[float] = []
    correct: list[bool] = []
    weights: list[float] = []

    def count(image: RgbImage, truth: tuple[Box, ...], weight: float) -> None:
        for head in detector.detect(image):
            scores.append(head.confidence)
            correct.append(best_match(head.box, truth) >= 0.5)
            weights.append(weight)

    photos = read_photos(data / "stanford_dogs.csv")
    for file, (truth, weight) in known_dev_heads(data).items():
        photo = photos[file]
        count(load_upright(photo_path(data, photo), (photo.width, photo.height), 500), truth, weight)
    for path in sorted((data / "negatives").glob("*/*")):
        if split_of(path) is Split.DEV:
            count(load_upright(path, None, 500), (), 1.0)
    return scores, correct, weights


def calibrate(path: Path, data: Path) -> tuple[float, float]:
    """Fit slope and offset of Platt's line through the logits on dev; written into the file.

    Raises:
        ValueError: dev has no wrong box or no right one to learn from.
    """
    set_metadata(path, UNCALIBRATED)
    slope, offset = fit_calibration(*dev_outcomes(OnnxHeadDetector(path, threshold=0.0), data))
    set_metadata(path, calibration_metadata(slope, offset))
    return slope, offset


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--version", default="1")
    parser.add_argument(
        "--long-side", type=int, default=LONG_SIDE, help="input size in pixels, a multiple of 32"
    )
    parser.add_argument(
        "--target", type=Path, default=REPOSITORY / "services" / "facecolor" / "model" / MODEL_FILE
    )
    parser.add_argument("--precision", choices=["int8", "float32"], default="int8")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    export_onnx(arguments.checkpoint, arguments.target, arguments.version, arguments.long_side)
    if arguments.precision == "int8":
        quantise(arguments.target, data_folder())
    slope, offset = calibrate(arguments.target, data_folder())
    print(f"wrote {arguments.target.name}; confidence = sigmoid({slope:.3f} · logit + {offset:.3f})")


if __name__ == "__main__":
    main()
