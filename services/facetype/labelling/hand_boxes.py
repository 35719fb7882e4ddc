"""The faces whose parts were drawn by hand: ``hand_boxes.csv``, one row for a part of a photo's face."""

import csv
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from services.facetype.face import Part
from services.facetype.labelling.box_files import boxes_only, read_boxes
from services.facetype.labelling.geometry import nose_in
from shared.geometry import Box
from shared.training.dataset import Split, split_of

FILE = Path(__file__).parent / "hand_boxes.csv"
SURE_HEAD, SURE_NOSE = 0.6, 0.5
"""Confidence from which boxes of the project's own detectors are taken for right."""


@dataclass(frozen=True, slots=True)
class HandBoxedFace:
    """A face with its parts drawn by hand, and the head and nose that detectors found there."""

    file: str
    head: Box
    nose: Box | None
    parts: dict[Part, Box]


def read_hand_boxes(path: Path = FILE) -> dict[str, dict[Part, Box]]:
    """Parts by file name; each photo has one face here, with all its parts."""
    parts: dict[str, dict[Part, Box]] = defaultdict(dict)
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            edges = (float(row[name]) for name in ("x_min", "y_min", "x_max", "y_max"))
            parts[row["file"]][Part(row["part"])] = Box(*edges)
    return dict(parts)


def boxed_faces(heads: Path, noses: Path | None, splits: Collection[Split]) -> list[HandBoxedFace]:
    """The hand-boxed faces of some splits, by file name, each with the head that lies over it best.

    Photos in which no head was found there are left out: nothing can be made of them automatically.

    Args:
        heads: file of head boxes.
        noses: file of nose boxes.
    """
    found = boxes_only(read_boxes(heads, SURE_HEAD))
    found_noses = boxes_only(read_boxes(noses, SURE_NOSE)) if noses else {}
    faces = []
    for file, parts in sorted(read_hand_boxes().items()):
        head = max(found.get(file, []), key=parts[Part.WHOLE].iou, default=None)
        if split_of(file) in splits and head is not None and head.iou(parts[Part.WHOLE]) > 0:
            faces.append(HandBoxedFace(file, head, nose_in(head, found_noses.get(file, [])), parts))
    return faces
