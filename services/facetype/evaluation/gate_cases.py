"""Photos that the gate is fitted to and measured on: whole and cut faces, several, small, turned, none."""

import csv
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np

from services.facetype.face import Part
from services.facetype.labelling.photos import Photo, negative_paths
from services.facetype.training.coco import CocoPicture
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, split_of
from shared.training.pictures import load_upright

VIEWS_FILE = Path(__file__).parents[1] / "labelling" / "face_views.csv"
LONG_SIDE = 500
"""Longest side at which photos are shown, about that of the originals, in pixels."""
CUT_AWAY = (0.15, 0.6)
"""Shares of a face's box that a crop takes away."""
ROOM = (0.12, 1.0)
"""Room left around a face that is cropped to, as a share of its sides: boxes are not exact, and a closer crop
might cut the face."""
EDGE = 0.015
"""A face nearer than this to the edge of its photo may be cut there already."""


class FaceView(StrEnum):
    """How a face is seen, by eye."""

    FRONTAL = "frontal"
    THREE_QUARTER = "three_quarter"
    TURNED_AWAY = "turned_away"
    """In profile or from behind: at most one eye is seen."""
    UNCLEAR = "unclear"
    """Hidden, too dark, lying on its head: nobody would say."""


@dataclass(frozen=True, slots=True)
class JudgedPhoto:
    """A photo as it was judged by eye."""

    file: str
    view: FaceView
    several: bool
    cut: bool

    @property
    def split(self) -> Split:
        """What the photo may be used for."""
        return split_of(self.file)

    @property
    def one_whole(self) -> bool:
        """Whether it shows one face, whole."""
        return not self.several and not self.cut


@dataclass(frozen=True, slots=True)
class Case:
    """A photo to judge; read when it is needed."""

    name: str
    picture: Callable[[], RgbImage]


def read_views(path: Path = VIEWS_FILE) -> list[JudgedPhoto]:
    """All photos judged by eye, by file name."""
    with path.open(newline="") as lines:
        return [
            JudgedPhoto(row["file"], FaceView(row["view"]), row["faces"] == "several", row["frame"] == "cut")
            for row in csv.DictReader(lines)
        ]


def photo_case(photo: Photo) -> Case:
    """A photo as it is."""
    size = photo.width, photo.height
    return Case(photo.file, lambda: load_upright(photo.path, size, LONG_SIDE))


def view_cases(photos: dict[str, Photo], judged: Sequence[JudgedPhoto]) -> list[Case]:
    """Photos that were judged by eye, as they are."""
    return [photo_case(photos[entry.file]) for entry in judged]


def negative_cases(data: Path, splits: Collection[Split]) -> list[Case]:
    """Cats and things."""
    return [
        Case(path.name, lambda path=path: load_upright(path, None, LONG_SIDE))  # type: ignore[misc]
        for path in negative_paths(data)
        if split_of(path) in splits
    ]


def face_of(picture: CocoPicture) -> Box | None:
    """The one face of a picture, when it keeps off the edges; else None."""
    faces = [part.box for part in picture.parts if part.part is Part.WHOLE]
    if len(faces) != 1:
        return None
    face = faces[0]
    near = min(face.x_min, face.y_min, 1 - face.x_max, 1 - face.y_max)
    return face if near > EDGE else None


def cut_through(image: RgbImage, face: Box, share: float, side: int) -> RgbImage:
    """The photo cropped so that ``share`` of the face's box is gone.

    Args:
        side: 0 takes it away at the left, 1 at the top, 2 at the right, 3 at the bottom.
    """
    height, width = image.shape[:2]
    length = (face.x_max - face.x_min, face.y_max - face.y_min)[side % 2]
    if side < 2:
        start = (face.x_min, face.y_min)[side] + share * length
        return image[round(start * height) :] if side else image[:, round(start * width) :]
    end = (face.x_max, face.y_max)[side - 2] - share * length
    return image[: round(end * height)] if side == 3 else image[:, : round(end * width)]


def cut_cases(pictures: Sequence[CocoPicture], seed: int, crops: int = 1) -> list[Case]:
    """Photos of one whole face, each cropped through it at random sides."""
    random = np.random.default_rng(seed)
    cases = []
    for entry in pictures:
        face = face_of(entry)
        if face is None:
            continue
        for _ in range(crops):
            share, side = float(random.uniform(*CUT_AWAY)), int(random.integers(4))

            def picture(
                entry: CocoPicture = entry, face: Box = face, share: float = share, side: int = side
            ) -> RgbImage:
                return cut_through(load_upright(entry.path, None, LONG_SIDE), face, share, side)

            cases.append(Case(f"{entry.path.stem} less {share:.0%} at side {side}", picture))
    return cases


def near_cases(pictures: Sequence[CocoPicture], seed: int) -> list[Case]:
    """Photos of one whole face, cropped to it with little room, as people crop pictures of faces."""
    random = np.random.default_rng(seed)
    cases = []
    for entry in pictures:
        face = face_of(entry)
        if face is None:
            continue
        room = tuple(float(number) for number in random.uniform(*ROOM, 4))

        def picture(entry: CocoPicture = entry, face: Box = face, room: tuple[float, ...] = room) -> RgbImage:
            image = load_upright(entry.path, None, LONG_SIDE)
            across, down = face.x_max - face.x_min, face.y_max - face.y_min
            window = Box(
                max(face.x_min - room[0] * across, 0.0),
                max(face.y_min - room[1] * down, 0.0),
                min(face.x_max + room[2] * across, 1.0),
                min(face.y_max + room[3] * down, 1.0),
            )
            left, top, right, bottom = window.pixels(image.shape[1], image.shape[0])
            return image[top:bottom, left:right]

        cases.append(Case(f"{entry.path.stem} near", picture))
    return cases


def side_by_side_cases(cases: Sequence[Case]) -> list[Case]:
    """Every photo beside the next one, at one height."""

    def joined(first: Case, second: Case) -> RgbImage:
        one, other = first.picture(), second.picture()
        height = min(one.shape[0], other.shape[0])
        sized = [
            cv2.resize(
                image,
                (max(round(image.shape[1] * height / image.shape[0]), 1), height),
                interpolation=cv2.INTER_AREA,
            )
            for image in (one, other)
        ]
        return np.asarray(np.hstack(sized), np.uint8)

    return [
        Case(f"{one.name} + {other.name}", lambda one=one, other=other: joined(one, other))  # type: ignore[misc]
        for one, other in _pairs(cases)
    ]


def _pairs(cases: Sequence[Case]) -> Iterator[tuple[Case, Case]]:
    return zip(cases[::2], cases[1::2], strict=False)


def small_cases(cases: Sequence[Case], long_side: int) -> list[Case]:
    """Photos scaled down to a longest side."""

    def shrunk(case: Case) -> RgbImage:
        image = case.picture()
        scale = long_side / max(image.shape[:2])
        size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)

    return [Case(f"{case.name} small", lambda case=case: shrunk(case)) for case in cases]  # type: ignore[misc]
