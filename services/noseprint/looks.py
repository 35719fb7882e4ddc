"""Looking at a picture more than once: whole, from afar, and from near at what may be a nose.

A small nose is some ten pixels of the picture that the detector looks at. From near, enlarged and mirrored,
its box is placed better and noses are told from what only resembles them. From afar, made smaller, a nose
that fills the frame has the size that the detector knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from shared.box_detection import FoundBox, OnnxBoxDetector, distinct, logit
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
    """

    afar_side: int
    afar_below: float
    near_side: int
    near_widths: float
    near_most: int
    near_enough: float

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
        )

    def candidates(self, detector: OnnxBoxDetector, image: RgbImage) -> list[tuple[Box, float]]:
        """Boxes and logits of their scores over all looks, the most likely of the whole picture first.

        Raises:
            ValueError: ``image`` is not (height, width, 3) uint8.
        """
        whole = detector.candidates(image, LEAST_SCORE)
        if max((one.confidence for one in whole), default=0.0) < self.afar_below:
            whole += detector.candidates(image, LEAST_SCORE, self.afar_side)
        scores = [one.confidence for one in whole]
        kept = indices_of_distinct([one.box for one in whole], scores)[: self.near_most]
        looked_at = [self._from_near(detector, image, whole[index]) for index in kept]
        # From near, two candidates may turn out to be one nose.
        last = indices_of_distinct([box for box, _ in looked_at], [score for _, score in looked_at])
        return [looked_at[index] for index in last]

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
