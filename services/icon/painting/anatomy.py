"""Where the parts of a painted dog lie: the icon's geometry, bent towards that of a real head."""

from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.icon.artwork.curves import Curve, half, through
from services.icon.artwork.ears import EARS
from services.icon.artwork.heads import HEADS, Head
from services.icon.painting.fields import Field, f32
from shared.vocabulary import Ear, HeadShape

Points = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Pose:
    """How a head stands in its picture."""

    width: int
    height: int
    """Of the picture, pixels."""
    x: float
    y: float
    """Where the middle of the head lies, pixels."""
    scale: float
    """Pixels per unit of the icon's canvas."""
    yaw: float
    """Turned to the picture's right, degrees."""
    roll: float
    """Tilted clockwise, degrees."""

    def placed(self, points: Points, depth: float = 0.0) -> Points:
        """Points of the canvas in the picture; ``depth`` is how far they stand out, units."""
        u = (points[:, 0] - 256) * cos(radians(self.yaw)) + depth * sin(radians(self.yaw))
        v = points[:, 1] - 260
        c, s = cos(radians(self.roll)), sin(radians(self.roll))
        return np.column_stack([self.x + self.scale * (c * u - s * v), self.y + self.scale * (s * u + c * v)])

    def mask(self, points: Points, depth: float = 0.0) -> Field:
        """The inside of a closed outline as 0…1, with smooth edges."""
        out = np.zeros((self.height, self.width), np.uint8)
        outline = np.rint(self.placed(points, depth) * 16).astype(np.int32)
        cv2.fillPoly(out, [outline], 255, cv2.LINE_AA, shift=4)
        return f32(out / 255)

    def spot(self, x: float, y: float, depth: float = 0.0) -> tuple[float, float]:
        """One point of the canvas in the picture."""
        (placed,) = self.placed(np.array([[x, y]]), depth)
        return float(placed[0]), float(placed[1])

    def disc(self, x: float, y: float, rx: float, ry: float, depth: float = 0.0) -> Field:
        """An ellipse as 0…1."""
        angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        return self.mask(np.column_stack([x + rx * np.cos(angle), y + ry * np.sin(angle)]), depth)

    def grid(self) -> tuple[Field, Field]:
        """For every pixel, its place on the canvas (without the turn's depth)."""
        x, y = np.meshgrid(np.arange(self.width, dtype=np.float32), np.arange(self.height, dtype=np.float32))
        c, s = cos(radians(self.roll)), sin(radians(self.roll))
        dx, dy = (x - self.x) / self.scale, (y - self.y) / self.scale
        u, v = c * dx + s * dy, -s * dx + c * dy
        return (u / cos(radians(self.yaw)) + 256).astype(np.float32), (v + 260).astype(np.float32)


@dataclass(frozen=True)
class Anatomy:
    """The features of one head on the canvas, in natural proportions."""

    head: Head
    eye_dx: float
    eye_y: float
    eye_r: float
    nose_y: float
    nose_w: float
    nose_h: float
    mouth_y: float
    chin_y: float
    reach: float
    """How far the nose stands out, units."""


_EYE_R = {HeadShape.ROUND: 14.5, HeadShape.FLAT: 17.0, HeadShape.LONG: 12.5}
_REACH = {HeadShape.ROUND: 110.0, HeadShape.FLAT: 55.0, HeadShape.LONG: 150.0}
_SPREAD = {HeadShape.ROUND: 0.84, HeadShape.FLAT: 0.74, HeadShape.LONG: 0.84}


def anatomy(shape: HeadShape) -> Anatomy:
    """The natural proportions of a head shape: smaller eyes and a larger nose than the icon's."""
    head = HEADS[shape]
    return Anatomy(
        head,
        eye_dx=head.eye.dx * _SPREAD[shape],
        eye_y=head.eye.y - 4,
        eye_r=_EYE_R[shape],
        nose_y=head.nose.y + 4,
        nose_w=head.nose.half_width * 1.22,
        nose_h=head.nose.half_height * 1.30,
        mouth_y=head.mouth_y + 8,
        chin_y=head.chin_y,
        reach=_REACH[shape],
    )


def skull(shape: HeadShape) -> Points:
    """The outline of the head, its cheeks drawn in."""
    wide = 0.9 if shape is HeadShape.FLAT else 1.0
    points = [
        (x * wide * (1 - 0.14 * max(0.0, min(1.0, (y - HEADS[shape].eye.y) / 120))), y)
        for x, y in HEADS[shape].outline
    ]
    return half(points).both_halves().sampled()


def muzzle(shape: HeadShape) -> Points:
    """The outline of the muzzle."""
    return half(HEADS[shape].muzzle).both_halves().sampled()


def mask_pattern(shape: HeadShape) -> Points:
    """The lower face that a mask covers."""
    return half(HEADS[shape].mask).both_halves().sampled()


def ear(shape: HeadShape, stand: Ear) -> tuple[Points, Points]:
    """The outlines of the right ear and of its inside."""
    drawn = EARS[shape, stand]
    whole: Curve = through(drawn.free).followed_by(through(drawn.root))
    return whole.sampled(), through(drawn.inner, closed=True).sampled()


def mirrored(points: Points) -> Points:
    """The same on the left."""
    return np.column_stack([512 - points[:, 0], points[:, 1]])
