"""More photos to train the nose detector on.

``python -m services.noseprint.training.detector_found FILE.csv``

Self-training: an earlier detector labels photos that have no boxes, and only labels that hold when the
photo is looked at in three ways (as it is, mirrored, and from near) are kept. Photos of the training
split only; a photo of several dogs, or with a box given by hand, is left out.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from services.noseprint.detection import Nose, NoseDetector
from services.noseprint.looks import mirrored, placed_back, square_around
from services.noseprint.training.detector_labels import (
    LONG_SIDE,
    SHARP_LONG_SIDE,
    LabelledPicture,
    stanford_path,
)
from shared.geometry import Box, RgbImage
from shared.training.dataset import REPOSITORY, Split, data_folder, photo_key, split_of
from shared.training.pictures import load_upright

MODEL_FOLDER = REPOSITORY / "services" / "noseprint" / "model"
SURE = 0.7
"""Confidence that a nose must have in every view."""
DOUBTFUL = 0.2
"""A second box of this confidence anywhere makes the photo one of several noses."""
AGREEING_IOU = 0.55
NEAR = 6.0
"""Side of the near view, in widths of the nose."""
COLUMNS = ("file", "x_min", "y_min", "x_max", "y_max")


def only_one(noses: list[Nose]) -> Nose | None:
    """The sure nose of a view that shows exactly one."""
    if len(noses) != 1 or noses[0].confidence < SURE:
        return None
    return noses[0]


def agreed_nose(detector: NoseDetector, image: RgbImage) -> Box | None:
    """The mean of the boxes that three views of a photo give, or None when they do not agree.

    Args:
        detector: reports boxes from :data:`DOUBTFUL` on.
        image: shape (height, width, 3), uint8, RGB.
    """
    first = only_one(detector.detect(image))
    if first is None:
        return None
    turned = only_one(detector.detect(np.ascontiguousarray(image[:, ::-1])))
    if turned is None:
        return None
    back = mirrored(turned.box)
    square = left, top, right, bottom = square_around(image, first.box, NEAR)
    part = cv2.resize(image[top:bottom, left:right], (LONG_SIDE, LONG_SIDE), interpolation=cv2.INTER_CUBIC)
    near = only_one(detector.detect(np.asarray(part, np.uint8)))
    if near is None:
        return None
    placed = placed_back(near.box, square, image)
    if min(first.box.iou(back), first.box.iou(placed), back.iou(placed)) < AGREEING_IOU:
        return None
    edges = np.mean(
        [(box.x_min, box.y_min, box.x_max, box.y_max) for box in (first.box, back, placed)], axis=0
    )
    return Box(*(float(edge) for edge in edges))


def photo_at(data: Path, row: dict[str, str]) -> RgbImage:
    """A photo of stanford_dogs.csv at its true proportions."""
    size = int(row["orig_w"]), int(row["orig_h"])
    sharp = data / "stanford_dogs_500" / row["file"]
    if sharp.is_file():
        return load_upright(sharp, size, SHARP_LONG_SIDE)
    return load_upright(stanford_path(data, row), size, LONG_SIDE)


def unlabelled_rows(data: Path) -> Iterator[dict[str, str]]:
    """Photos of the training split with one dog and no nose box given by hand."""
    with (data / "nose_boxes" / "boxes.csv").open(newline="") as lines:
        labelled = {photo_key(row["file"]) for row in csv.DictReader(lines)}
    with (data / "stanford_dogs.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            alone = ";" not in row["body_boxes_xywh"]
            if alone and split_of(row["file"]) is Split.TRAIN and photo_key(row["file"]) not in labelled:
                yield row


def write_found(data: Path, detector: NoseDetector, target: Path) -> int:
    """Write the noses that agree, a row a photo; returns how many."""
    written = 0
    with target.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(COLUMNS)
        for row in unlabelled_rows(data):
            box = agreed_nose(detector, photo_at(data, row))
            if box is not None:
                edges = (box.x_min, box.y_min, box.x_max, box.y_max)
                writer.writerow([row["file"], *(f"{edge:.4f}" for edge in edges)])
                written += 1
    return written


def found_photos(data: Path, found: Path) -> list[LabelledPicture]:
    """The photos that ``found``, written by :func:`write_found`, names, with their noses."""
    with (data / "stanford_dogs.csv").open(newline="") as lines:
        rows = {row["file"]: row for row in csv.DictReader(lines)}
    pictures = []
    with found.open(newline="") as lines:
        for row in csv.DictReader(lines):
            box = Box(*(float(row[name]) for name in COLUMNS[1:]))
            image = photo_at(data, rows[row["file"]])
            pictures.append(LabelledPicture(row["file"], image, (box,), natural=True))
    return pictures


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", type=Path, help="CSV to write")
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help="an earlier nose_detector.onnx")
    arguments = parser.parse_args()
    detector = NoseDetector(arguments.model, threads=1, threshold=DOUBTFUL)
    print(write_found(data_folder(), detector, arguments.target), "photos")


if __name__ == "__main__":
    main()
