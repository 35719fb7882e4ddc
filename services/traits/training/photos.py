"""The photos with all that is known about them: breed, boxes, hand labels, split."""

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import yaml

from services.traits.breeds import BREEDS
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, split_of
from shared.training.pictures import load_upright
from shared.training.trait_labels import UNSEEN, read_label_rows
from shared.vocabulary import Ear, Fur, Pattern

TEACHER_CONFIDENCE = 0.3
"""Head boxes below this are left out: the teacher's own doubtful ones are often chests or paws."""

LONG_SIDE = 500
"""Longest side, in pixels, at which photos are shown; about that of the originals."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo. ``aspect`` is its true width / height, whatever the stored copy's."""

    file: str
    path: Path
    aspect: float
    split: Split
    breed: int = -1
    """Index into the breed table; -1 = no dog, or a dog of no breed."""
    ear: int = -1
    """Index into ``Ear``; -1 = not labelled."""
    fur: int = -1
    pattern: int = -1
    head: Box | None = None
    bodies: tuple[Box, ...] = ()
    """Larger first."""
    sharp: Path | None = None
    """The copy near the original size, where there is one."""
    painted: bool = False
    """A painted dog: traits without a breed."""
    size: tuple[int, int] | None = None
    """True width and height in pixels, where the stored copy is squeezed."""

    @property
    def is_dog(self) -> bool:
        """Whether a dog is to be seen."""
        return self.breed >= 0 or self.painted


def read_image(path: Path) -> RgbImage:
    """Decode to (height, width, 3) uint8 RGB.

    Raises:
        ValueError: the file is not a picture.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"not a picture: {path}")
    return np.ascontiguousarray(image[..., ::-1], dtype=np.uint8)


def load_upright_photo(photo: Photo) -> RgbImage:
    """The photo as a caller would send it: squeezed copies are resized to their true proportions.

    Both sides grow, to the original's size at most ``LONG_SIDE``: stretching only one of them and shrinking
    it again for the network would blur what the squeezed copy still shows.
    """
    return load_upright(photo.path, photo.size, LONG_SIDE) if photo.size else read_image(photo.path)


def read_head_boxes(path: Path, minimum_confidence: float = TEACHER_CONFIDENCE) -> dict[str, Box]:
    """The largest head box of each photo in a file like ``head_boxes.csv``; photos without are absent."""
    found: dict[str, Box] = {}
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            if not row["x_min"] or float(row["confidence"]) < minimum_confidence:
                continue
            edges = [min(max(float(row[edge]), 0.0), 1.0) for edge in ("x_min", "y_min", "x_max", "y_max")]
            if edges[0] >= edges[2] or edges[1] >= edges[3]:
                continue
            box = Box(*edges)
            if row["file"] not in found or box.area > found[row["file"]].area:
                found[row["file"]] = box
    return found


def _labels(data: Path) -> dict[str, tuple[int, int, int]]:
    words = [[str(word) for word in kind] for kind in (Ear, Fur, Pattern)]
    labels = {}
    for row in read_label_rows(data):
        ear, fur, pattern = (
            kind.index(row[name]) if row[name] != UNSEEN else -1
            for name, kind in zip(("ear", "fur", "pattern"), words, strict=True)
        )
        labels[row["file"]] = (ear, fur, pattern)
    return labels


def _bodies(cell: str, width: int, height: int) -> tuple[Box, ...]:
    boxes = []
    for part in cell.split(";"):
        x, y, w, h = (int(number) for number in part.split(","))
        left, top = max(x / width, 0.0), max(y / height, 0.0)
        right, bottom = min((x + w) / width, 1.0), min((y + h) / height, 1.0)
        if left < right and top < bottom:
            boxes.append(Box(left, top, right, bottom))
    return tuple(sorted(boxes, key=lambda box: -box.area))


def read_dogs(data: Path, head_boxes: Path | None = None) -> list[Photo]:
    """Every dog photo under ``data``; head boxes from that file or else the teacher's sure ones."""
    if head_boxes is None:
        heads = read_head_boxes(data / "head_boxes.csv")
    else:
        heads = read_head_boxes(head_boxes, minimum_confidence=0.0)
    labels = _labels(data)
    breeds = {breed.synset: index for index, breed in enumerate(BREEDS)}
    folders = {folder.name.split("-")[0]: folder for folder in (data / "stanford_dogs_224").iterdir()}
    sharp = {path.name: path for path in (data / "stanford_dogs_500").iterdir()}
    photos = []
    with (data / "stanford_dogs.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            file, width, height = row["file"], int(row["orig_w"]), int(row["orig_h"])
            ear, fur, pattern = labels.get(file, (-1, -1, -1))
            photos.append(
                Photo(
                    file=file,
                    path=folders[row["synset"]] / file,
                    aspect=width / height,
                    split=split_of(file),
                    breed=breeds[row["synset"]],
                    ear=ear,
                    fur=fur,
                    pattern=pattern,
                    head=heads.get(file),
                    bodies=_bodies(row["body_boxes_xywh"], width, height),
                    sharp=sharp.get(file),
                    size=(width, height),
                )
            )
    return photos


def read_portraits(folder: Path) -> list[Photo]:
    """Painted dogs: a folder with a ``portraits.yaml``, as ``python -m services.icon.portraits`` makes it.

    They are for training only, so that drawn dogs are taken for dogs; no evaluation counts them.
    """
    ears, furs, patterns = ([str(word) for word in kind] for kind in (Ear, Fur, Pattern))
    photos = []
    for row in yaml.safe_load((folder / "portraits.yaml").read_text(encoding="utf-8")):
        path = folder / row["file"]
        height, width = read_image(path).shape[:2]
        photos.append(
            Photo(
                row["file"],
                path,
                width / height,
                Split.TRAIN,
                ear=ears.index(row["ear"]),
                fur=furs.index(row["fur"]),
                pattern=patterns.index(row["pattern"]),
                head=Box(**row["head_box"]),
                painted=True,
            )
        )
    return photos


def read_negatives(data: Path) -> list[Photo]:
    """The photos that show no dog: things and cats."""
    photos = []
    for folder in ("objects", "cats"):
        for path in sorted((data / "negatives" / folder).iterdir()):
            height, width = read_image(path).shape[:2]
            photos.append(Photo(path.name, path, width / height, split_of(path.name)))
    return photos
