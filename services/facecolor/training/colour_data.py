"""Faces to learn colours from: which photos, where the head is, what the labels say."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.facecolor.colour_crop import head_square
from services.facecolor.colour_names import COLOURS
from services.facecolor.training.detector.labels import Photo, read_boxes, read_photos, read_teacher_heads
from services.facecolor.training.detector.pictures import photo_path
from shared.geometry import Box
from shared.training.dataset import Split, split_of
from shared.training.pictures import load_upright

SQUARE = 208
"""Side of the squares kept in memory, pixels."""
SQUARE_MARGIN = 1.8
"""Their side in longer sides of the head box: wide enough to shift, zoom and turn the view inside."""
LONG_SIDE = 400
"""Longest side that photos are scaled to before cutting, pixels."""
UNSEEN = -1
"""Label of a colour that cannot be seen, and of a photo without labels."""
NO_SECONDARY = len(COLOURS)


@dataclass(frozen=True, slots=True)
class Face:
    """A photo, its head and its labels as class indices."""

    photo: Photo
    box: Box
    found: bool
    """Whether the box is a head's; else it is only where in the body a head may be."""
    primary: int = UNSEEN
    secondary: int = UNSEEN


def read_labels(path: Path) -> dict[str, tuple[int, int]]:
    """Primary (0…6) and secondary (0…7, 7 = none) by file; :data:`UNSEEN` for ``x``.

    Raises:
        ValueError: a word that is not in the vocabulary.
    """
    words = [str(colour) for colour in COLOURS]
    labels = {}
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            primary = UNSEEN if row["primary"] == "x" else words.index(row["primary"])
            secondary = UNSEEN if row["secondary"] == "x" else [*words, "-"].index(row["secondary"])
            labels[row["file"]] = (primary, secondary)
    return labels


def head_boxes(data: Path, detected: Path | None) -> dict[str, Box]:
    """The head of each photo: the teacher's surest, else the first of ``detected``.

    Args:
        data: the data folder.
        detected: boxes as written by ``evaluate_detector --write-boxes``; None for none.
    """
    boxes: dict[str, Box] = {}
    if detected is not None:
        boxes.update({file: found[0] for file, found in read_boxes(detected).items()})
    for file, heads in read_teacher_heads(data / "head_boxes.csv").items():
        if heads:
            boxes[file] = max(heads, key=lambda head: head.confidence).box
    return boxes


def likely_head(photo: Photo) -> Box:
    """Where to look when no head was found: the upper square of the largest body, else the middle."""
    body = max(photo.bodies, key=lambda body: body.area, default=Box(0.0, 0.0, 1.0, 1.0))
    width, height = (body.x_max - body.x_min) * photo.width, (body.y_max - body.y_min) * photo.height
    if width > height:
        return body  # lying or in profile: either end may be the head
    return Box(body.x_min, body.y_min, body.x_max, body.y_min + width / photo.height)


def read_faces(
    data: Path, splits: Iterable[Split], labelled: bool, detected: Path | None = None
) -> list[Face]:
    """The faces of some splits, in the order of the photos' file names.

    Args:
        data: the data folder.
        splits: which splits.
        labelled: photos with a labelled primary colour; else those without, if a head was found.
        detected: see :func:`head_boxes`.
    """
    wanted = set(splits)
    labels = read_labels(data / "trait_labels.csv")
    boxes: Mapping[str, Box] = head_boxes(data, detected)
    faces = []
    for file, photo in sorted(read_photos(data / "stanford_dogs.csv").items()):
        if split_of(file) not in wanted:
            continue
        primary, secondary = labels.get(file, (UNSEEN, UNSEEN))
        found = file in boxes
        if labelled != (file in labels) or (labelled and primary == UNSEEN) or not (labelled or found):
            continue
        faces.append(Face(photo, boxes[file] if found else likely_head(photo), found, primary, secondary))
    return faces


def cut_squares(data: Path, faces: Iterable[Face]) -> NDArray[np.uint8]:
    """The square around each head: shape (n, SQUARE, SQUARE, 3)."""
    squares = [
        head_square(
            load_upright(photo_path(data, face.photo), (face.photo.width, face.photo.height), LONG_SIDE),
            face.box,
            SQUARE,
            SQUARE_MARGIN,
        )
        for face in faces
    ]
    return np.stack(squares) if squares else np.empty((0, SQUARE, SQUARE, 3), np.uint8)
