"""Views of labelled pictures that the detector of parts learns from: far and near, turned, cut, several.

A face that the frame cuts is a class of its own (:attr:`services.facetype.part_detection.Kind.CUT`): whether
a face goes on beyond the edge is something to see, not something that the place of its box tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.facetype.face import Part
from services.facetype.part_detection import KIND_OF_PART, Kind
from services.facetype.training.coco import LabelledPart
from shared.box_detection import PADDING
from shared.geometry import Box, RgbImage

SHAPES = ((1.0, 1.0), (1.0, 0.75), (0.75, 1.0), (1.0, 0.6), (0.6, 1.0))
"""Width and height of a view as shares of the longest side."""
WHOLE_VISIBLE = 0.97
"""Share of a whole face's box that must be in view for it to count as whole."""
CUT_VISIBLE = (0.25, 0.88)
"""Between these it counts as cut; views that show a share between the classes are not used."""
PART_VISIBLE = 0.6
"""Share of another part's box that must be in view to be a label."""
MAX_ENLARGEMENT = 5.0
MIN_CROP = 40
"""Shorter side, in pixels, that a photo cropped through a face must have left."""
EDGE = 0.015
"""A face whose box comes this near to the edge of its photo may be cut there: nobody knows."""


@dataclass(frozen=True, slots=True)
class Source:
    """A picture and the parts of the faces in it."""

    image: RgbImage
    parts: tuple[LabelledPart, ...]

    @property
    def faces(self) -> tuple[Box, ...]:
        """The boxes of the whole faces."""
        return tuple(part.box for part in self.parts if part.part is Part.WHOLE)

    @property
    def surely_whole(self) -> bool:
        """Whether every face keeps off the edges of the picture."""
        return all(min(face.x_min, face.y_min, 1 - face.x_max, 1 - face.y_max) > EDGE for face in self.faces)


@dataclass(frozen=True, slots=True)
class View:
    """A picture to learn from and the boxes in it by class."""

    image: RgbImage
    boxes: tuple[tuple[Kind, Box], ...]


def _corner_box(centre: NDArray[np.float64], half: NDArray[np.float64]) -> tuple[float, float, float, float]:
    low, high = centre - half, centre + half
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def mapped(box: Box, affine: NDArray[np.float64], source: NDArray[np.float64]) -> tuple[float, ...]:
    """Edges, in pixels of the view, of the box around the ellipse that fills ``box``.

    Args:
        affine: (2, 3), pixels of the source to pixels of the view.
        source: width and height of the source in pixels.
    """
    centre = np.array([(box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2]) * source
    radii = np.array([(box.x_max - box.x_min) / 2, (box.y_max - box.y_min) / 2]) * source
    return _corner_box(affine[:, :2] @ centre + affine[:, 2], np.linalg.norm(affine[:, :2] * radii, axis=1))


def visible(edges: tuple[float, ...], size: tuple[int, int]) -> tuple[Box | None, float]:
    """The part of a box (pixels) that lies in a view of that width and height, and its share of the box."""
    width, height = size
    x_min, x_max = (min(max(edge / width, 0.0), 1.0) for edge in edges[::2])
    y_min, y_max = (min(max(edge / height, 0.0), 1.0) for edge in edges[1::2])
    if x_min >= x_max or y_min >= y_max:
        return None, 0.0
    whole = (edges[2] - edges[0]) * (edges[3] - edges[1]) / (width * height)
    box = Box(x_min, y_min, x_max, y_max)
    return box, min(box.area / whole, 1.0)


def boxes_in_view(
    source: Source, affine: NDArray[np.float64], size: tuple[int, int]
) -> tuple[tuple[Kind, Box], ...] | None:
    """What a view shows; None when it shows a face that is neither whole nor clearly cut."""
    extent = np.array([source.image.shape[1], source.image.shape[0]], np.float64)
    boxes: list[tuple[Kind, Box]] = []
    for part in source.parts:
        box, share = visible(mapped(part.box, affine, extent), size)
        if part.part is not Part.WHOLE:
            if box is not None and share >= PART_VISIBLE:
                boxes.append((KIND_OF_PART[part.part], box))
        elif box is not None and share > 0:
            if share >= WHOLE_VISIBLE:
                boxes.append((Kind.WHOLE, box))
            elif CUT_VISIBLE[0] <= share <= CUT_VISIBLE[1]:
                boxes.append((Kind.CUT, box))
            else:
                return None
    return tuple(boxes)


def _framed(size: int, random: np.random.Generator) -> tuple[int, int]:
    across, down = SHAPES[random.integers(len(SHAPES))]
    return int(size * across), int(size * down)


def _turn(scale: float, random: np.random.Generator) -> NDArray[np.float64]:
    angle = float(random.normal(0, 9))
    stretch = float(np.exp(random.normal(0, 0.07)))
    turn = np.asarray(cv2.getRotationMatrix2D((0.0, 0.0), angle, scale)[:, :2], np.float64)
    turn = turn @ np.diag([stretch, 1 / stretch])
    return turn @ np.diag([-1.0, 1.0]) if random.random() < 0.5 else turn


def _warped(
    source: Source, turn: NDArray[np.float64], shift: NDArray[np.float64], size: tuple[int, int]
) -> View | None:
    affine = np.column_stack([turn, shift])
    boxes = boxes_in_view(source, affine, size)
    if boxes is None:
        return None
    scale = float(np.sqrt(abs(np.linalg.det(turn))))
    image = source.image
    if scale < 1:
        # Without this a shrunken picture would be sharper and noisier than a real one.
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.4 / scale), np.uint8)
    view = cv2.warpAffine(
        image,
        affine,
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(PADDING, PADDING, PADDING),
    )
    return View(np.asarray(view, np.uint8), boxes)


def _stays_inside(
    turn: NDArray[np.float64], shift: NDArray[np.float64], source: Source, size: tuple[int, int]
) -> bool:
    """Whether the view shows nothing beyond the edges of the picture."""
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], [size[0], size[1]]], np.float64)
    points = np.linalg.solve(turn, (corners - shift).T).T
    extent = np.array([source.image.shape[1], source.image.shape[0]])
    return bool((points >= -1).all() and (points <= extent + 1).all())


def towards_face(source: Source, size: int, random: np.random.Generator, *, cut: bool) -> View | None:
    """A view with one of the faces at any size, whole or cut by an edge; None when the draw will not do.

    A view through a face must be cut by its own edge: grey beyond the edge of the photo would tell.
    """
    width, height = frame = _framed(size, random)
    extent = np.array([source.image.shape[1], source.image.shape[0]], np.float64)
    face = source.faces[random.integers(len(source.faces))]
    span = np.array([face.x_max - face.x_min, face.y_max - face.y_min]) * extent
    largest = min(0.92 / float(np.max(span / frame)), MAX_ENLARGEMENT)
    smallest = min(0.9 * min(frame / extent), largest)
    if cut:
        # Faces that people cut off fill much of the frame.
        smallest = min(max(smallest, 0.3 / float(np.max(span / frame))), largest)
    scale = smallest * (largest / smallest) ** float(random.random())
    turn = _turn(scale, random)
    half = np.linalg.norm(turn * (span / 2), axis=1)
    middle = np.array([width, height]) / 2
    room = np.maximum(middle - half, 0)
    place = middle + random.uniform(-1, 1, 2) * room
    if cut:
        axis, side = int(random.integers(2)), float(random.choice([-1.0, 1.0]))
        beyond = float(random.uniform(0.13, 0.7)) * 2 * half[axis]
        place[axis] = middle[axis] + side * (middle[axis] - half[axis] + beyond)
    centre = np.array([(face.x_min + face.x_max) / 2, (face.y_min + face.y_max) / 2]) * extent
    shift = place - turn @ centre
    if not _stays_inside(turn, shift, source, frame) and random.random() < (0.95 if cut else 0.6):
        return None
    return _warped(source, turn, shift, frame)


def photo_as_it_is(source: Source, size: int, random: np.random.Generator) -> View | None:
    """The whole picture, mirrored or not, with its longest side ``size``."""
    height, width = source.image.shape[:2]
    scale = size / max(width, height)
    frame = max(round(width * scale), 1), max(round(height * scale), 1)
    turn = np.diag([scale, scale])
    shift = np.zeros(2)
    if random.random() < 0.5:
        turn, shift = np.diag([-scale, scale]), np.array([float(frame[0]), 0.0])
    return _warped(source, turn, shift, frame)


def cropped_through(source: Source, size: int, random: np.random.Generator) -> View | None:
    """The picture as it is, less all beyond a line through one of its faces, at whatever size that is."""
    height, width = source.image.shape[:2]
    face = source.faces[random.integers(len(source.faces))]
    share, side = float(random.uniform(1 - CUT_VISIBLE[1], 0.65)), int(random.integers(4))
    window = [0.0, 0.0, float(width), float(height)]
    extent = (width, height)[side % 2]
    low, high = ((face.x_min, face.x_max), (face.y_min, face.y_max))[side % 2]
    line = low + share * (high - low) if side < 2 else high - share * (high - low)
    window[side] = line * extent
    across, down = window[2] - window[0], window[3] - window[1]
    if min(across, down) < MIN_CROP:
        return None
    scale = size / max(across, down)
    frame = max(round(across * scale), 1), max(round(down * scale), 1)
    turn, shift = np.diag([scale, scale]), np.array([-window[0] * scale, -window[1] * scale])
    if random.random() < 0.5:
        turn, shift = np.diag([-scale, scale]), np.array([window[2] * scale, -window[1] * scale])
    return _warped(source, turn, shift, frame)


def without_face(source: Source, size: int, random: np.random.Generator) -> View | None:
    """A random window of the picture that shows no part of a face; None when the draw shows one."""
    frame = _framed(size, random)
    extent = np.array([source.image.shape[1], source.image.shape[0]], np.float64)
    least = max(frame / extent)
    turn = np.diag([1.0, 1.0]) * least * float(random.uniform(1.0, 2.5))
    room = np.maximum(turn @ extent - frame, 0)
    view = _warped(source, turn, -random.uniform(0, 1, 2) * room, frame)
    return view if view is not None and not view.boxes else None


def side_by_side(views: Sequence[View]) -> View:
    """Views as the halves of one picture, the second scaled to the height of the first."""
    first, second = views
    height = first.image.shape[0]
    width = max(round(second.image.shape[1] * height / second.image.shape[0]), 1)
    right = np.asarray(cv2.resize(second.image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    image = np.hstack([first.image, right])
    share = first.image.shape[1] / image.shape[1]
    boxes = [
        (kind, Box(box.x_min * share, box.y_min, box.x_max * share, box.y_max)) for kind, box in first.boxes
    ] + [
        (kind, Box(share + box.x_min * (1 - share), box.y_min, share + box.x_max * (1 - share), box.y_max))
        for kind, box in second.boxes
        if share + box.x_max * (1 - share) <= 1
    ]
    return View(image, tuple(boxes))
