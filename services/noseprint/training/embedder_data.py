"""What the embedder learns from: synthetic individuals, noses on real photos, a folder per real dog."""

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from services.noseprint.detection import NoseDetector
from services.noseprint.training.embedder_views import changed, photo_view
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, photo_key, split_of

LEAST_NOSE = 36
"""Width in pixels from which a nose on a photo shows enough to be told from others."""
VIEWS = 8
"""Views made of each real photo, and views of a synthetic individual per set."""


def read_rgb(path: Path) -> RgbImage:
    """A picture file as RGB.

    Raises:
        ValueError: not a readable picture.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"not a readable picture: {path}")
    return np.ascontiguousarray(image[..., ::-1])


def boxed_noses(data: Path, splits: set[Split], least: int = LEAST_NOSE) -> dict[str, list[tuple[Path, Box]]]:
    """The noses of ``nose_boxes`` that are wide enough, by photo; photos with several noses are left out."""
    folder = data / "nose_boxes"
    files: dict[str, list[Box]] = {}
    with (folder / "boxes.csv").open() as rows:
        for row in csv.DictReader(rows):
            x, y, width, height = (float(row[name]) for name in ("x_center", "y_center", "width", "height"))
            edges = np.clip((x - width / 2, y - height / 2, x + width / 2, y + height / 2), 0, 1)
            files.setdefault(row["file"], []).append(Box(*(float(edge) for edge in edges)))
    photos: dict[str, list[tuple[Path, Box]]] = {}
    for file, boxes in sorted(files.items()):
        if split_of(file) in splits and len(boxes) == 1 and (boxes[0].x_max - boxes[0].x_min) * 320 >= least:
            photos.setdefault(photo_key(file), []).append((folder / "images" / file, boxes[0]))
    return photos


def instances(data: Path, seed: int, views: int = VIEWS) -> NDArray[np.uint8]:
    """Instance discrimination: every real photo is a class, (photos, views, 192, 224)."""
    photos = boxed_noses(data, {Split.TRAIN})
    made = []
    for number, key in enumerate(tqdm(sorted(photos), unit="photo")):
        rng = np.random.default_rng([seed, number, 3])
        copies = photos[key]
        made.append(
            [
                photo_view(rng, read_rgb(copies[view % len(copies)][0]), copies[view % len(copies)][1])
                for view in range(views)
            ]
        )
    return np.array(made, np.uint8)


def dogs(folder: Path, detector: NoseDetector | None, seed: int, views: int = VIEWS) -> NDArray[np.uint8]:
    """Real dogs from a folder per dog, (dogs, views, 192, 224); every photo is used about equally often.

    Args:
        folder: holds one folder of photos per dog.
        detector: finds the nose; None when the photos show just the nose.
        seed: of the views.
        views: per dog.

    Raises:
        ValueError: no folder holds two photos with a nose.
    """
    made = []
    for number, dog in enumerate(
        tqdm(sorted(path for path in folder.iterdir() if path.is_dir()), unit="dog")
    ):
        noses = []
        for path in sorted(dog.iterdir()):
            try:
                image = read_rgb(path)
            except ValueError:
                continue
            found = [Box(0, 0, 1, 1)] if detector is None else [nose.box for nose in detector.detect(image)]
            noses += [(image, found[0])] if found else []
        if len(noses) >= 2:
            rng = np.random.default_rng([seed, number, 4])
            made.append([photo_view(rng, *noses[view % len(noses)]) for view in range(views)])
    if not made:
        raise ValueError(f"no dog with two photos of its nose in {folder}")
    return np.array(made, np.uint8)


class Batches:
    """Batches of changed views. Every class comes twice: as it is, and mirrored as a class of its own.

    Args:
        sets: each (classes, views, 192, 224).
        size: pictures in a batch.
        seed: of order and changes.
    """

    def __init__(self, sets: list[NDArray[np.uint8]], size: int, seed: int) -> None:
        self._sets, self._size = sets, size
        self._rng = np.random.default_rng(seed)
        self._index = np.array(
            [
                (number, individual, view)
                for number, noses in enumerate(sets)
                for individual in range(len(noses))
                for view in range(noses.shape[1])
            ]
        )
        self._first = np.cumsum([0, *(len(noses) for noses in sets)])
        self.classes = 2 * int(self._first[-1])
        self.steps = len(self._index) // size

    def epoch(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
        """Pictures (size, 192, 224) and classes (size,), each picture once."""
        order = self._rng.permutation(len(self._index))
        for step in range(self.steps):
            pixels, labels = [], []
            for number, individual, view in self._index[order[step * self._size : (step + 1) * self._size]]:
                mirrored = bool(self._rng.random() < 0.5)
                pixels.append(changed(self._rng, np.asarray(self._sets[number][individual, view]), mirrored))
                labels.append(2 * (self._first[number] + individual) + mirrored)
            yield np.stack(pixels), np.array(labels, np.int64)
