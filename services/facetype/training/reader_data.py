"""Everything that the part reader is trained on: faces, false faces, and their split."""

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from services.facetype.catalogue import Catalogue
from services.facetype.catalogue.breed_table import FILE as BREEDS_FILE
from services.facetype.catalogue.breed_table import read_breed_table
from services.facetype.face import Part
from services.facetype.labelling.geometry import parts_of
from services.facetype.training.reader_samples import Sample, read_samples
from shared.geometry import Box
from shared.training.dataset import Split, photo_key, split_of

RANDOM_PLACES = 2
"""Places at random in each picture without a face, beside those where a detector errs."""
BACKGROUNDS = 0.15
"""Share of the faces' pictures from which a place without a face is taken too."""
CLEAR = 0.05
"""Overlap with a face below which a place shows none."""


@dataclass(frozen=True, slots=True)
class ReaderData:
    """Samples by split; validation photos are not among them."""

    train: Sequence[Sample]
    dev: Sequence[Sample]


def kinds_of(catalogue: Catalogue) -> dict[str, str]:
    """Kind → type of the breeds that are trained on; empty where the catalogue has no table of breeds."""
    if not (catalogue.folder / BREEDS_FILE).is_file():
        return {}
    return {breed.id: breed.type for breed in read_breed_table(catalogue).breeds if not breed.held_out}


def _with_kinds(samples: Sequence[Sample], catalogue: Catalogue) -> list[Sample]:
    """The same samples, each with its breed as its kind where the catalogue has a table of breeds."""
    if not (catalogue.folder / BREEDS_FILE).is_file():
        return list(samples)
    breeds = read_breed_table(catalogue).by_synset
    named = [(sample, breeds.get(sample.path.name.split("_")[0])) for sample in samples]
    return [replace(sample, kind=breed.id) if breed else sample for sample, breed in named]


def left_out_of(catalogue: Catalogue) -> list[str]:
    """Beginnings of file names of the breeds that are held out, where the catalogue has a breed table."""
    if not (catalogue.folder / BREEDS_FILE).is_file():
        return []
    return [f"{breed.synset}_" for breed in read_breed_table(catalogue).breeds if breed.held_out]


def read_false_faces(path: Path) -> dict[str, list[Box]]:
    """Boxes by photo from a CSV (file, x_min, y_min, x_max, y_max) of what a detector took for faces.

    Raises:
        ValueError: a column is missing, or a row holds no box.
    """
    boxes: dict[str, list[Box]] = {}
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            try:
                box = Box(*(float(row[edge]) for edge in ("x_min", "y_min", "x_max", "y_max")))
            except (KeyError, TypeError) as error:
                raise ValueError(f"{path}: needs the columns file, x_min, y_min, x_max, y_max") from error
            boxes.setdefault(photo_key(row["file"]), []).append(box)
    return boxes


def read_data(
    folder: Path, catalogue: Catalogue, false_faces: Path | None = None, limit: int = 0, seed: int = 0
) -> ReaderData:
    """Training and dev samples of a COCO folder.

    Breeds that the catalogue's table holds out are left out, and so are validation photos.

    Args:
        folder: see :mod:`services.facetype.training.coco`.
        catalogue: whose labels.
        false_faces: boxes that a detector took for faces on pictures without one.
        limit: use about so many faces and false faces only; 0 = all.
        seed: of the places without a face.

    Raises:
        ValueError: the folder is no such set, or has no face to train on.
    """
    faces, empty = read_samples(folder, catalogue, left_out_of(catalogue))
    faces = _with_kinds(faces, catalogue)
    rng = np.random.default_rng(seed)
    proposed = read_false_faces(false_faces) if false_faces else {}
    samples = [sample for sample in faces if sample.split != Split.VALIDATION]
    for path in empty:
        if split_of(path) == Split.VALIDATION:
            continue
        aspect = aspect_of(path)
        places = [
            *proposed.get(photo_key(path), ()),
            *(random_place(rng, aspect) for _ in range(RANDOM_PLACES)),
        ]
        samples += [Sample(path, parts_of(place), {}, split_of(path)) for place in places]
    samples += _backgrounds(faces, rng)
    if limit:
        samples = samples[:: max(len(samples) // limit, 1)]
    data = ReaderData(
        [sample for sample in samples if sample.split == Split.TRAIN],
        [sample for sample in samples if sample.split == Split.DEV],
    )
    if not any(sample.is_face for sample in data.train):
        raise ValueError(f"{folder}: no face to train on")
    return data


def random_place(rng: np.random.Generator, aspect: float) -> Box:
    """A square anywhere in a picture of ``aspect`` = width / height, 25 to 90 % of its width or height."""
    side = rng.uniform(0.25, 0.9)
    wide, high = (side, side * aspect) if aspect <= 1 else (side / aspect, side)
    left, top = rng.uniform(0, 1 - wide), rng.uniform(0, 1 - high)
    return Box(left, top, min(left + wide, 1.0), min(top + high, 1.0))


def _backgrounds(faces: Sequence[Sample], rng: np.random.Generator) -> list[Sample]:
    """Places without a face in pictures that show some."""
    by_picture: dict[Path, list[Sample]] = {}
    for sample in faces:
        if sample.split != Split.VALIDATION:
            by_picture.setdefault(sample.path, []).append(sample)
    found = []
    for path, shown in by_picture.items():
        if rng.random() >= BACKGROUNDS:
            continue
        place = random_place(rng, aspect_of(path))
        if not _touched(place, [sample.boxes[Part.WHOLE] for sample in shown if Part.WHOLE in sample.boxes]):
            found.append(Sample(path, parts_of(place), {}, split_of(path)))
    return found


def _touched(place: Box, faces: Collection[Box]) -> bool:
    """Whether more than a little of the smaller of a place and a face lies in the other."""
    for face in faces:
        wide = min(place.x_max, face.x_max) - max(place.x_min, face.x_min)
        high = min(place.y_max, face.y_max) - max(place.y_min, face.y_min)
        if wide > 0 and high > 0 and wide * high > CLEAR * min(place.area, face.area):
            return True
    return False


def aspect_of(path: Path) -> float:
    """Width over height of a picture.

    Raises:
        ValueError: it cannot be read.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_REDUCED_GRAYSCALE_8)
    if picture is None:
        raise ValueError(f"cannot read {path}")
    return float(picture.shape[1] / picture.shape[0])
