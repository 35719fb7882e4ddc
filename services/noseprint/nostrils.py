"""The two nostrils of a nose: a pair of dark, mirrored hollows about half a nose apart."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

HOLLOW_SIZE = 0.075
"""Standard deviation of the blob filter as a share of the nose's width: nostrils are about 0.2 wide."""
CANDIDATES = 6
"""Darkest hollows looked at on each side."""
USUAL_DISTANCE, DISTANCE_SPREAD = 0.47, 0.10
"""Distance between the nostrils' centres as a share of the nose's width."""
USUAL_DROP, DROP_SPREAD = 0.06, 0.11
"""How far below the middle of the nose the nostrils' midpoint lies, as a share of the nose's width."""
MIDDLE_SPREAD = 0.09
"""How far the midpoint may lie to the side, as a share of the nose's width."""
TURN_SPREAD = 14.0
"""Usual turn of a nose in a photo, degrees."""
MAX_TURN = 40.0
"""Turn, in degrees, beyond which a pair is not believed."""
MIN_SCORE = 1.5
"""Score (sum of both hollows' depths in standard deviations of the blob filter's answer, less what the
pair's place, distance, turn and asymmetry cost) from which a pair counts as found."""


@dataclass(frozen=True, slots=True)
class Nostrils:
    """Centres of both nostrils (x, y in pixels of the picture searched), left in the picture first."""

    left: tuple[float, float]
    right: tuple[float, float]
    score: float

    @property
    def angle(self) -> float:
        """Turn of the line from left to right against the horizontal in degrees, clockwise positive."""
        return float(np.degrees(np.arctan2(self.right[1] - self.left[1], self.right[0] - self.left[0])))

    @property
    def middle(self) -> tuple[float, float]:
        """The point half-way between both."""
        return (self.left[0] + self.right[0]) / 2, (self.left[1] + self.right[1]) / 2


def find_nostrils(grey: NDArray[np.uint8], centre: tuple[float, float], width: float) -> Nostrils | None:
    """The nostrils of the nose around ``centre``, or None when no pair is convincing.

    Every hollow (a local maximum of a blob filter's answer to darkness) left of the middle is paired with
    every one to the right, and the best pair by depth, place, distance, turn and mirror likeness wins.

    Args:
        grey: shape (height, width), a picture of the nose and some of its surroundings.
        centre: x and y of the middle of the nose, pixels.
        width: of the nose, pixels; best about 100 to 250.
    """
    depth = hollows(grey, width)
    peaks = _peaks(depth, centre, width)
    best: Nostrils | None = None
    for left in peaks:
        for right in peaks:
            pair = _judge(depth, left, right, centre, width)
            if pair is not None and (best is None or pair.score > best.score):
                best = pair
    return best if best is not None and best.score >= MIN_SCORE else None


def hollows(grey: NDArray[np.uint8], width: float) -> NDArray[np.float32]:
    """How much darker each pixel's neighbourhood is than its surroundings, in standard deviations.

    The difference of two Gaussians of the logarithm of the light, so that hollows count alike on dark
    and on light leather.
    """
    light = np.log(grey.astype(np.float32) + 12)
    sigma = HOLLOW_SIZE * width
    near = cv2.GaussianBlur(light, (0, 0), sigma)
    far = cv2.GaussianBlur(light, (0, 0), 2.2 * sigma)
    depth = far - near
    return np.asarray(depth / max(float(depth.std()), 1e-3), np.float32)


def _peaks(
    depth: NDArray[np.float32], centre: tuple[float, float], width: float
) -> list[tuple[float, float, float]]:
    """The deepest hollows inside the nose: x, y, depth."""
    radius = max(round(0.08 * width), 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    top = (depth == cv2.dilate(depth, kernel)) & (depth > 0)
    rows, columns = np.nonzero(top)
    inside = ((columns - centre[0]) / (0.5 * width)) ** 2 + ((rows - centre[1]) / (0.45 * width)) ** 2 < 1
    points = sorted(
        (
            (float(x), float(y), float(depth[y, x]))
            for x, y in zip(columns[inside], rows[inside], strict=True)
        ),
        key=lambda point: (-point[2], point[0], point[1]),
    )
    return points[: 2 * CANDIDATES]


def _judge(
    depth: NDArray[np.float32],
    left: tuple[float, float, float],
    right: tuple[float, float, float],
    centre: tuple[float, float],
    width: float,
) -> Nostrils | None:
    across, down = right[0] - left[0], right[1] - left[1]
    if across <= 0.2 * width:
        return None
    turn = np.degrees(np.arctan2(down, across))
    if abs(turn) > MAX_TURN:
        return None
    distance = np.hypot(across, down) / width
    # In the nose's own axes: across along the nostril line, drop at right angles to it.
    along = np.array([across, down]) / np.hypot(across, down)
    offset = np.array([(left[0] + right[0]) / 2 - centre[0], (left[1] + right[1]) / 2 - centre[1]]) / width
    side, drop = float(offset @ along), float(offset @ np.array([-along[1], along[0]]))
    cost = (
        ((distance - USUAL_DISTANCE) / DISTANCE_SPREAD) ** 2
        + (side / MIDDLE_SPREAD) ** 2
        + ((drop - USUAL_DROP) / DROP_SPREAD) ** 2
        + (turn / TURN_SPREAD) ** 2
    )
    bridge = _between(depth, left, right)
    # Both must be hollows: the shallower counts double. Between them lies the septum, which is none.
    score = min(left[2], right[2]) + 0.5 * (left[2] + right[2]) - 0.5 * max(bridge, 0.0) - 0.25 * float(cost)
    return Nostrils(left[:2], right[:2], score)


def _between(
    depth: NDArray[np.float32], left: tuple[float, float, float], right: tuple[float, float, float]
) -> float:
    """Mean depth over the middle third of the line between two hollows."""
    steps = np.linspace(1 / 3, 2 / 3, 9)
    columns = np.rint(left[0] + steps * (right[0] - left[0])).astype(int)
    rows = np.rint(left[1] + steps * (right[1] - left[1])).astype(int)
    return float(depth[rows, columns].mean())
