"""Looking at a picture more than once: whole, from afar, and from near at what may be a nose.

A small nose is some ten pixels of the picture that the detector looks at. From near, enlarged and mirrored,
its box is placed better and noses are told from what only resembles them. From afar, made smaller, a nose
that fills the frame has the size that the detector knows; and with room around it, where the edges of the
picture go on, also what it knows to lie around a nose.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from shared.box_detection import FoundBox, OnnxBoxDetector, distinct, logit, scaled
from shared.geometry import Box, RgbImage

LEAST_SCORE = 0.003
"""Raw score that counts for a look that does not find the nose."""
SAME_IOU = 0.15
"""Overlap from which what is seen from near is what was seen before: that box may have been loose."""
LEAST_SIDE = 32
"""Of a part that is enlarged, in pixels."""


def square_around(image: RgbImage, box: Box, widths: float) -> tuple[int, int, int, int]:
    """The part of a picture around a box, shifted into the picture: left, top, right, bottom in pixels.

    Args:
        image: shape (height, width, 3).
        box: what is to be seen.
        widths: side of the square, in widths (or heights, when it is higher) of the box.
    """
    height, width = image.shape[:2]
    across = max((box.x_max - box.x_min) * width, (box.y_max - box.y_min) * height)
    side = min(max(round(widths * across), LEAST_SIDE), max(width, height))
    left = round(np.clip((box.x_min + box.x_max) / 2 * width - side / 2, 0, max(width - side, 0)))
    top = round(np.clip((box.y_min + box.y_max) / 2 * height - side / 2, 0, max(height - side, 0)))
    return left, top, min(left + side, width), min(top + side, height)


def mirrored(box: Box) -> Box:
    """The box of the same thing in the picture's mirror image."""
    return Box(1 - box.x_max, box.y_min, 1 - box.x_min, box.y_max)


def placed_back(box: Box, square: tuple[int, int, int, int], image: RgbImage) -> Box:
    """A box of a part of a picture (left, top, right, bottom in pixels) as a box of the picture."""
    left, top, right, bottom = square
    height, width = image.shape[:2]
    return Box(
        (left + box.x_min * (right - left)) / width,
        (top + box.y_min * (bottom - top)) / height,
        (left + box.x_max * (right - left)) / width,
        (top + box.y_max * (bottom - top)) / height,
    )


def with_room(image: RgbImage, share: float, long_side: int) -> tuple[RgbImage, int]:
    """A picture made smaller, its edges drawn out into room around it, and how wide that is in pixels.

    Args:
        image: shape (height, width, 3).
        share: width of the room, in longer sides of the picture.
        long_side: longest side of the result, in pixels, about.
    """
    height, width = image.shape[:2]
    inner = max(round(long_side / (1 + 2 * share)), LEAST_SIDE)
    scale = min(inner / max(height, width), 1.0)
    small = scaled(image, max(round(width * scale), 1), max(round(height * scale), 1))
    room = round(share * max(small.shape[:2]))
    return np.asarray(cv2.copyMakeBorder(small, room, room, room, room, cv2.BORDER_REPLICATE), np.uint8), room


def without_room(box: Box, image: RgbImage, room: int) -> Box | None:
    """A box of :func:`with_room`'s picture as a box of the picture inside; None when it lies beside it.

    Args:
        image: with the room.
        room: its width in pixels.
    """
    height, width = image.shape[:2]
    inner_width, inner_height = width - 2 * room, height - 2 * room
    x_min, x_max = ((edge * width - room) / inner_width for edge in (box.x_min, box.x_max))
    y_min, y_max = ((edge * height - room) / inner_height for edge in (box.y_min, box.y_max))
    inside = max(x_min, 0.0), max(y_min, 0.0), min(x_max, 1.0), min(y_max, 1.0)
    return Box(*inside) if inside[0] < inside[2] and inside[1] < inside[3] else None


def mean_box(one: Box, other: Box) -> Box:
    """The box half-way between two."""
    return Box(
        (one.x_min + other.x_min) / 2,
        (one.y_min + other.y_min) / 2,
        (one.x_max + other.x_max) / 2,
        (one.y_max + other.y_max) / 2,
    )


def indices_of_distinct(boxes: list[Box], scores: list[float]) -> list[int]:
    """Which boxes remain, the best first, when each thing keeps one."""
    corners = [[box.x_min, box.y_min, box.x_max, box.y_max] for box in boxes]
    return distinct(np.array(corners, np.float32).reshape(-1, 4), np.array(scores, np.float32))


@dataclass(frozen=True, slots=True)
class Looks:
    """How a picture is looked at.

    Args:
        afar_side: longest side of the network's input when the picture is looked at from afar, in pixels.
        afar_below: best raw score of the first look below which the picture is looked at from afar.
        near_side: side of the square that is looked at from near, in pixels of the network's input.
        near_widths: side of that square in the picture, in widths of the candidate.
        near_most: candidates that are looked at from near; the others are dropped.
        near_enough: share of the picture that a candidate is wide or high from which it is near already.
        room: how wide a room is put around the picture when nothing was found from afar either, in longer
            sides of the picture; 0: no such look.
        room_least: share of the picture that a nose found with room must be wide or high.
    """

    afar_side: int
    afar_below: float
    near_side: int
    near_widths: float
    near_most: int
    near_enough: float
    room: float = 0.0
    room_least: float = 0.0

    @classmethod
    def told_by(cls, metadata: Mapping[str, str]) -> Self | None:
        """What a detector's file says (``look_…``), or None when one look at the whole is all.

        Raises:
            KeyError, ValueError: it says only part of it, or what is no number.
        """
        if "look_near_side" not in metadata:
            return None
        return cls(
            int(metadata["look_afar_side"]),
            float(metadata["look_afar_below"]),
            int(metadata["look_near_side"]),
            float(metadata["look_near_widths"]),
            int(metadata["look_near_most"]),
            float(metadata["look_near_enough"]),
            float(metadata.get("look_room", 0)),
            float(metadata.get("look_room_least", 0)),
        )

    def candidates(self, detector: OnnxBoxDetector, image: RgbImage) -> list[tuple[Box, float]]:
        """Boxes and logits of their scores over all looks, the most likely of the whole picture first.

        Raises:
            ValueError: ``image`` is not (height, width, 3) uint8.
        """
        whole = detector.candidates(image, LEAST_SCORE)
        if self._is_doubtful(whole):
            whole += detector.candidates(image, LEAST_SCORE, self.afar_side)
        if self.room and self._is_doubtful(whole):
            whole += self._with_room(detector, image)
        scores = [one.confidence for one in whole]
        kept = indices_of_distinct([one.box for one in whole], scores)[: self.near_most]
        looked_at = [self._from_near(detector, image, whole[index]) for index in kept]
        # From near, two candidates may turn out to be one nose.
        last = indices_of_distinct([box for box, _ in looked_at], [score for _, score in looked_at])
        return [looked_at[index] for index in last]

    def _is_doubtful(self, found: list[FoundBox]) -> bool:
        """Whether nothing found so far is likely to be a nose."""
        return max((one.confidence for one in found), default=0.0) < self.afar_below

    def _with_room(self, detector: OnnxBoxDetector, image: RgbImage) -> list[FoundBox]:
        """Boxes that fill the picture, found when it is small and has room around it."""
        small, room = with_room(image, self.room, self.afar_side)
        found = detector.candidates(small, LEAST_SCORE, self.afar_side)
        placed = ((without_room(one.box, small, room), one.confidence) for one in found)
        return [
            FoundBox(box, score)
            for box, score in placed
            if box is not None and max(box.x_max - box.x_min, box.y_max - box.y_min) >= self.room_least
        ]

    def _from_near(self, detector: OnnxBoxDetector, image: RgbImage, first: FoundBox) -> tuple[Box, float]:
        """A candidate's box and the mean logit of its scores, seen twice."""
        box, score = first.box, logit(first.confidence)
        if max(box.x_max - box.x_min, box.y_max - box.y_min) >= self.near_enough:
            return box, score
        square = square_around(image, box, self.near_widths)
        left, top, right, bottom = square
        part = np.ascontiguousarray(image[top:bottom, left:right][:, ::-1])
        best: FoundBox | None = None
        placed = box
        for one in detector.candidates(part, LEAST_SCORE, self.near_side):
            again = placed_back(mirrored(one.box), square, image)
            if again.iou(box) > SAME_IOU and (best is None or one.confidence > best.confidence):
                best, placed = one, mean_box(box, again)
        return placed, (score + logit(best.confidence if best else LEAST_SCORE)) / 2
