"""The detector's training set in ultralytics' layout, made of views of a COCO folder's pictures."""

import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from services.facetype.face import Part
from services.facetype.part_detection import Kind
from services.facetype.training.coco import CocoPicture
from services.facetype.training.parts_views import (
    Source,
    View,
    cropped_through,
    photo_as_it_is,
    side_by_side,
    towards_face,
    without_face,
)
from shared.training.dataset import Split
from shared.training.pictures import load_upright

ATTEMPTS = 12
"""How often a draw that will not do is repeated, with another picture."""
STORED_LONG_SIDE = 500


@dataclass(frozen=True, slots=True)
class Mixture:
    """Shares of the kinds of view in a set; they need not sum to one."""

    near: float = 0.28
    cut: float = 0.17
    cropped: float = 0.17
    as_it_is: float = 0.15
    several: float = 0.06
    negative: float = 0.13
    no_face: float = 0.05

    def counts(self, views: int) -> dict[str, int]:
        """How many views of each kind, of so many."""
        shares = {name: getattr(self, name) for name in self.__slots__}
        total = sum(shares.values())
        return {name: round(views * share / total) for name, share in shares.items()}


def read_source(picture: CocoPicture) -> Source:
    """A picture of the set with its pixels."""
    return Source(load_upright(picture.path, None, STORED_LONG_SIDE), picture.parts)


class ViewMaker:
    """Draws views of the pictures of one split."""

    def __init__(self, pictures: Sequence[CocoPicture], size: int, seed: int) -> None:
        self._with_face = [entry for entry in pictures if any(p.part is Part.WHOLE for p in entry.parts)]
        self._without = [entry for entry in pictures if not entry.parts]
        self._size = size
        self._random = np.random.default_rng(seed)

    def _face_source(self) -> Source:
        for _ in range(ATTEMPTS):
            source = read_source(self._with_face[self._random.integers(len(self._with_face))])
            if source.surely_whole:
                return source
        return source

    def near(self) -> View | None:
        """A face whole, at any size."""
        return towards_face(self._face_source(), self._size, self._random, cut=False)

    def cut(self) -> View | None:
        """A face cut by the edge of the view."""
        view = towards_face(self._face_source(), self._size, self._random, cut=True)
        return view if view is not None and any(kind is Kind.CUT for kind, _ in view.boxes) else None

    def cropped(self) -> View | None:
        """A photo as it was taken, cropped through a face."""
        view = cropped_through(self._face_source(), self._size, self._random)
        return view if view is not None and any(kind is Kind.CUT for kind, _ in view.boxes) else None

    def as_it_is(self) -> View | None:
        """A photo as it was taken."""
        return photo_as_it_is(self._face_source(), self._size, self._random)

    def several(self) -> View | None:
        """Two photos beside each other."""
        views = [towards_face(self._face_source(), self._size, self._random, cut=False) for _ in range(2)]
        first, second = views
        return side_by_side([first, second]) if first is not None and second is not None else None

    def negative(self) -> View | None:
        """A picture without any face, or a part of one."""
        if not self._without:
            return None
        source = read_source(self._without[self._random.integers(len(self._without))])
        make = photo_as_it_is if self._random.random() < 0.5 else without_face
        return make(source, self._size, self._random)

    def no_face(self) -> View | None:
        """A part of a photo with a face that does not show it."""
        return without_face(self._face_source(), self._size, self._random)

    def draw(self, kind: str) -> View | None:
        """A view of a kind; None when no draw would do."""
        make: Callable[[], View | None] = getattr(self, kind)
        if kind != "negative" and not self._with_face:
            return None
        return next((view for view in (make() for _ in range(ATTEMPTS)) if view is not None), None)


def write_view(view: View, folder: Path, split: Split, name: str) -> None:
    """One picture and its label file: class, centre x and y, width and height."""
    cv2.imwrite(
        str(folder / "images" / split.value / f"{name}.jpg"),
        cv2.cvtColor(view.image, cv2.COLOR_RGB2BGR),
        [cv2.IMWRITE_JPEG_QUALITY, 92],
    )
    lines = [
        f"{int(kind)} {(box.x_min + box.x_max) / 2:.5f} {(box.y_min + box.y_max) / 2:.5f} "
        f"{box.x_max - box.x_min:.5f} {box.y_max - box.y_min:.5f}"
        for kind, box in view.boxes
    ]
    (folder / "labels" / split.value / f"{name}.txt").write_text("\n".join(lines))


def prepare(
    pictures: Sequence[CocoPicture],
    folder: Path,
    *,
    views: int,
    dev_views: int,
    size: int,
    seed: int,
    mixture: Mixture | None = None,
) -> Counter[str]:
    """Write the views and ``data.yaml``; returns how many of each kind there are.

    Pictures of the validation split are never shown. A set too small to have dev pictures is tried on
    training pictures instead.

    Raises:
        ValueError: no training picture shows a face.
    """
    shutil.rmtree(folder, ignore_errors=True)
    counts: Counter[str] = Counter()
    train = [entry for entry in pictures if entry.split is Split.TRAIN]
    dev = [entry for entry in pictures if entry.split is Split.DEV]
    if not any(entry.parts for entry in train):
        raise ValueError("no picture of the training split shows a face")
    plans = (
        (Split.TRAIN, train, views),
        (Split.DEV, dev if any(entry.parts for entry in dev) else train, dev_views),
    )
    for split, usable, count in plans:
        (folder / "images" / split.value).mkdir(parents=True)
        (folder / "labels" / split.value).mkdir(parents=True)
        maker = ViewMaker(usable, size, seed + (split is Split.DEV))
        kinds = [kind for kind, number in (mixture or Mixture()).counts(count).items() for _ in range(number)]
        random.Random(seed).shuffle(kinds)  # noqa: S311 (no secret)
        for number, kind in enumerate(kinds):
            view = maker.draw(kind)
            if view is not None:
                write_view(view, folder, split, f"{number:06d}-{kind}")
                counts[f"{split.value} {kind}"] += 1
    names = "\n".join(f"  {int(kind)}: {kind.name.lower()}" for kind in Kind)
    (folder / "data.yaml").write_text(
        f"path: {folder.resolve()}\ntrain: images/train\nval: images/dev\nnames:\n{names}\n"
    )
    return counts
