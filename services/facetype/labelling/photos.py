"""The photos that faces are labelled on, and what is known of each."""

import csv
from dataclasses import dataclass
from pathlib import Path

from services.facetype.labelling.box_files import clipped
from shared.geometry import Box


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of stanford_dogs.csv: where it lies, its true size in pixels, the dogs in it."""

    file: str
    path: Path
    synset: str
    width: int
    height: int
    bodies: tuple[Box, ...]


def read_photos(data: Path) -> dict[str, Photo]:
    """Photos by file name, at the sharper of the sizes that are there; body boxes as fractions."""
    photos = {}
    with (data / "stanford_dogs.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            width, height = int(row["orig_w"]), int(row["orig_h"])
            bodies = []
            for text in row["body_boxes_xywh"].split(";"):
                left, top, across, down = (float(number) for number in text.split(","))
                edges = (left / width, top / height, (left + across) / width, (top + down) / height)
                body = clipped(*edges)
                if body is not None:
                    bodies.append(body)
            path = data / "stanford_dogs_500" / row["file"]
            if not path.is_file():
                path = data / "stanford_dogs_224" / f"{row['synset']}-{row['breed']}" / row["file"]
            photos[row["file"]] = Photo(row["file"], path, row["synset"], width, height, tuple(bodies))
    return photos


def negative_paths(data: Path) -> list[Path]:
    """Cats and things: pictures without the subject's face."""
    return sorted((data / "negatives").glob("*/*"))


def share_inside(inner: Box, outer: Box) -> float:
    """Share of ``inner`` that lies within ``outer``, 0…1."""
    width = min(inner.x_max, outer.x_max) - max(inner.x_min, outer.x_min)
    height = min(inner.y_max, outer.y_max) - max(inner.y_min, outer.y_min)
    return max(width, 0.0) * max(height, 0.0) / inner.area


def without_head(bodies: tuple[Box, ...], heads: list[Box]) -> list[Box]:
    """The bodies that no head belongs to; each head belongs to at most one body."""
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
