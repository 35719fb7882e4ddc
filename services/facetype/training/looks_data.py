"""What :mod:`services.facetype.face_look` learns from: crops of faces, whole, cut and turned."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.facetype.evaluation.gate_cases import FaceView, JudgedPhoto
from services.facetype.face import Part
from services.facetype.part_crops import crop_part
from services.facetype.part_detection import Kind, PartDetector, same_face
from services.facetype.training.coco import CocoPicture
from services.facetype.training.parts_prepare import Mixture, ViewMaker, read_source
from services.facetype.training.parts_views import Source
from shared.geometry import Box, RgbImage

VIEW_SIZE = 320
"""Longest side of the views that faces are cropped from, in pixels."""
MIXTURE = Mixture(near=0.35, cut=0.25, cropped=0.2, as_it_is=0.2, several=0, negative=0, no_face=0)
TURNED = {FaceView.FRONTAL: (0.0, 1.0), FaceView.THREE_QUARTER: (0.0, 0.3), FaceView.TURNED_AWAY: (1.0, 1.0)}
"""View by eye → target and weight: three-quarter views will do, but need not look so."""
JITTER = 0.07
"""How far the edges of a found box may lie off, as a share of its side."""
UNKNOWN = np.nan


@dataclass(frozen=True, slots=True)
class LookSamples:
    """Crops (n, size, size, 3) uint8 and targets (n, 3): cut, turned, aside; not-a-number where unknown.

    ``weights`` (n,) count the second target.
    """

    crops: NDArray[np.uint8]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]


class _Collector:
    def __init__(self, size: int, random: np.random.Generator) -> None:
        self._size, self._random = size, random
        self._crops: list[RgbImage] = []
        self._rows: list[tuple[float, float, float]] = []
        self._weights: list[float] = []

    def add(
        self,
        image: RgbImage,
        box: Box,
        *,
        cut: float = UNKNOWN,
        turned: float = UNKNOWN,
        aside: float = UNKNOWN,
        weight: float = 1.0,
    ) -> None:
        """A face, mirrored or not, with the box a little off."""
        crop = crop_part(image, Part.WHOLE, jittered(box, self._random), self._size)
        if self._random.random() < 0.5:
            crop, aside = np.ascontiguousarray(crop[:, ::-1]), -aside
        self._crops.append(crop)
        self._rows.append((cut, turned, aside))
        self._weights.append(weight)

    def samples(self) -> LookSamples:
        """All that was added."""
        return LookSamples(
            np.array(self._crops, np.uint8).reshape(-1, self._size, self._size, 3),
            np.array(self._rows, np.float32).reshape(-1, 3),
            np.array(self._weights, np.float32),
        )


def jittered(box: Box, random: np.random.Generator) -> Box:
    """The box as a detector might find it; an edge at the edge of the photo stays there."""
    wide, high = box.x_max - box.x_min, box.y_max - box.y_min
    off = np.clip(random.normal(0, JITTER / 2, 4), -JITTER, JITTER)
    moves = off * (wide, high, wide, high)
    edges = []
    for edge, move in zip((box.x_min, box.y_min, box.x_max, box.y_max), moves, strict=True):
        edges.append(edge if edge in (0.0, 1.0) else min(max(edge + float(move), 0.0), 1.0))
    return Box(edges[0], edges[1], edges[2], edges[3])


def aside_of(source: Source) -> float:
    """How far the muzzle lies aside in the first face, as a share of its width; NaN where it is not known.

    A muzzle exactly in the middle was put there because no nose was found.
    """
    whole = next(part.box for part in source.parts if part.part is Part.WHOLE)
    lower = next((part.box for part in source.parts if part.part is Part.LOWER), None)
    if lower is None:
        return UNKNOWN
    aside = (lower.x_min + lower.x_max - whole.x_min - whole.x_max) / 2 / (whole.x_max - whole.x_min)
    return aside if abs(aside) > 1e-3 else UNKNOWN


def collect(
    pictures: Sequence[CocoPicture],
    judged: Sequence[JudgedPhoto],
    *,
    views: int,
    repeats: int,
    size: int,
    seed: int,
    detector: PartDetector | None = None,
) -> LookSamples:
    """Crops of the faces of pictures, all of one split.

    Args:
        pictures: of a COCO folder.
        judged: photos judged by eye; those among ``pictures`` teach what is turned away.
        views: how many views are drawn to learn cut faces from.
        repeats: how often each judged photo is shown, each time a little different.
        size: side of the crops in pixels.
        detector: its boxes are shown as well as the true ones: of a face that is cut it often finds
            another part than is there.
    """
    random = np.random.default_rng(seed)
    made = _Collector(size, random)
    maker = ViewMaker(pictures, VIEW_SIZE, seed)
    for kind, count in MIXTURE.counts(views).items():
        for _ in range(count):
            view = maker.draw(kind)
            if view is None:
                continue
            faces = [(found, box) for found, box in view.boxes if found in (Kind.WHOLE, Kind.CUT)]
            for found, box in faces:
                made.add(view.image, box, cut=float(found is Kind.CUT))
            for guess in detector.faces(view.image) if detector else ():
                over = [found for found, box in faces if same_face(guess.box, box)]
                if len(over) == 1:
                    made.add(view.image, guess.box, cut=float(over[0] is Kind.CUT))
    single = [entry for entry in pictures if sum(part.part is Part.WHOLE for part in entry.parts) == 1]
    for index in random.permutation(len(single))[: views // 2]:
        source = read_source(single[index])
        made.add(source.image, source.faces[0], aside=aside_of(source))
    by_stem = {entry.path.stem: entry for entry in single}
    for photo in judged:
        entry = by_stem.get(Path(photo.file).stem)
        if entry is None or not photo.one_whole or photo.view not in TURNED:
            continue
        source = read_source(entry)
        target, weight = TURNED[photo.view]
        for _ in range(repeats):
            made.add(source.image, source.faces[0], turned=target, aside=aside_of(source), weight=weight)
    return made.samples()
