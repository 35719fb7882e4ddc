"""Head labels: the teacher's boxes, the dogs' body boxes, and what a photo's label may be used for."""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shared.geometry import Box

CONFIDENT = 0.5
"""The teacher's confidence above which its box counts as right."""
ELLIPSE_POINTS = 16


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of stanford_dogs.csv: its true size in pixels, and the dogs in it."""

    file: str
    synset: str
    breed: str
    width: int
    height: int
    bodies: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class TeacherHead:
    """A head found by the teacher; its confidence reaches a little above 1."""

    box: Box
    confidence: float


def clipped(x_min: float, y_min: float, x_max: float, y_max: float) -> Box | None:
    """The part of a box that lies in the picture; None when nothing does."""
    edges = [min(max(edge, 0.0), 1.0) for edge in (x_min, y_min, x_max, y_max)]
    if edges[0] >= edges[2] or edges[1] >= edges[3]:
        return None
    return Box(*edges)


def read_photos(path: Path) -> dict[str, Photo]:
    """Photos of stanford_dogs.csv by file name; body boxes as fractions."""
    photos = {}
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            width, height = int(row["orig_w"]), int(row["orig_h"])
            bodies = []
            for text in row["body_boxes_xywh"].split(";"):
                left, top, box_width, box_height = (float(part) for part in text.split(","))
                body = clipped(
                    left / width, top / height, (left + box_width) / width, (top + box_height) / height
                )
                if body is not None:
                    bodies.append(body)
            photos[row["file"]] = Photo(
                row["file"], row["synset"], row["breed"], width, height, tuple(bodies)
            )
    return photos


def read_teacher_heads(path: Path) -> dict[str, list[TeacherHead]]:
    """Heads of head_boxes.csv by file name, clipped to the picture.

    An empty list means that the teacher looked and found nothing; a missing key, that it never looked.
    """
    heads: dict[str, list[TeacherHead]] = defaultdict(list)
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            found = heads[row["file"]]
            if not row["confidence"]:
                continue
            box = clipped(*(float(row[name]) for name in ("x_min", "y_min", "x_max", "y_max")))
            if box is not None:
                found.append(TeacherHead(box, float(row["confidence"])))
    return dict(heads)


def read_boxes(path: Path, kind: str | None = None) -> dict[str, list[Box]]:
    """Boxes of a file with the columns file, x_min, y_min, x_max, y_max, clipped to the picture.

    Rows without numbers are skipped; with ``kind``, also those with another word in the column kind.
    """
    boxes: dict[str, list[Box]] = defaultdict(list)
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            if kind is not None and row["kind"] != kind:
                continue
            edges = [row[name] for name in ("x_min", "y_min", "x_max", "y_max")]
            box = clipped(*(float(edge) for edge in edges)) if all(edges) else None
            if box is not None:
                boxes[row["file"]].append(box)
    return dict(boxes)


def share_inside(inner: Box, outer: Box) -> float:
    """Share of ``inner`` that lies within ``outer``, 0…1."""
    width = min(inner.x_max, outer.x_max) - max(inner.x_min, outer.x_min)
    height = min(inner.y_max, outer.y_max) - max(inner.y_min, outer.y_min)
    return max(width, 0.0) * max(height, 0.0) / inner.area


def headless_bodies(bodies: Iterable[Box], heads: Iterable[Box]) -> list[Box]:
    """The body boxes that no head belongs to; each head belongs to at most one body."""
    free = list(heads)
    left_over = []
    # Small bodies first: a head in front of a large dog often belongs to the small one.
    for body in sorted(bodies, key=lambda body: body.area):
        best = max(free, key=lambda head: share_inside(head, body), default=None)
        if best is not None and share_inside(best, body) > 0.5:
            free.remove(best)
        else:
            left_over.append(body)
    return left_over


def sure_boxes(photo: Photo, found: Iterable[TeacherHead]) -> tuple[Box, ...]:
    """The heads that the teacher is sure of; none when it leaves a dog of the photo without one."""
    heads = tuple(head.box for head in found if head.confidence > CONFIDENT)
    return () if headless_bodies(photo.bodies, heads) else heads


def best_match(box: Box, others: Iterable[Box]) -> float:
    """Largest intersection over union with any of the others, 0…1."""
    return max((box.iou(other) for other in others), default=0.0)


def polygon_line(box: Box) -> str:
    """A label line of ultralytics' polygon format: the ellipse that fills the box.

    A head is round: when a photo is turned as augmentation, the box around the turned ellipse keeps
    the head's size, where the box around a turned rectangle would grow by up to 1.4 times.
    """
    centre_x, centre_y = (box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2
    radius_x, radius_y = (box.x_max - box.x_min) / 2, (box.y_max - box.y_min) / 2
    angles = [2 * math.pi * step / ELLIPSE_POINTS for step in range(ELLIPSE_POINTS)]
    points = [
        (centre_x + radius_x * math.cos(angle), centre_y + radius_y * math.sin(angle)) for angle in angles
    ]
    return "0 " + " ".join(f"{min(max(x, 0.0), 1.0):.5f} {min(max(y, 0.0), 1.0):.5f}" for x, y in points)
