"""The evidence of a match as a picture: both noses side by side, matched points joined."""

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.alignment import ALIGNED_HEIGHT, ALIGNED_WIDTH, AlignedNose
from services.noseprint.local_features import LocalMatch

ENLARGED = 1.86
"""Factor by which the noses are drawn larger: two of them and the gap make 900 pixels."""
GAP, MARGIN = 35, 16
CAPTION = 44
"""Height of the line of text below the noses, pixels."""
BACKGROUND, INK = (250, 250, 250), (40, 40, 40)
MOST_LINES = 40
"""More lines than this hide the noses: of more matches every second, third … line is drawn, all points."""


def draw_evidence(asked: AlignedNose, registered: AlignedNose, found: LocalMatch) -> bytes:
    """A PNG of 900 pixels width: the nose asked about on the left, the registered one on the right.

    Points that agree are marked alike in both noses, in a colour of their own, and joined by a line.

    Args:
        asked: the nose of the photo.
        registered: the nose that it was compared with.
        found: what :func:`services.noseprint.local_features.match` gave for the two, in this order.
    """
    width, height = round(ALIGNED_WIDTH * ENLARGED), round(ALIGNED_HEIGHT * ENLARGED)
    canvas = np.full((2 * MARGIN + height + CAPTION, 2 * MARGIN + 2 * width + GAP, 3), BACKGROUND, np.uint8)
    lefts = (MARGIN, MARGIN + width + GAP)
    for nose, left in zip((asked, registered), lefts, strict=True):
        enlarged = cv2.resize(nose.pixels, (width, height), interpolation=cv2.INTER_CUBIC)
        canvas[MARGIN : MARGIN + height, left : left + width] = enlarged[..., None]
    # From left to right, so that neighbouring lines differ in colour by their place and not by chance.
    order = np.lexsort((found.points_a[:, 1], found.points_a[:, 0]))
    skip = -(-len(order) // MOST_LINES) if len(order) else 1
    colours = _colours(len(order))
    drawn = canvas.copy()
    for number, index in enumerate(order):
        start = _place(found.points_a[index], lefts[0])
        end = _place(found.points_b[index], lefts[1])
        if number % skip == 0:
            cv2.line(drawn, start, end, colours[number], 1, cv2.LINE_AA)
    # Lines let the skin shine through; the points do not.
    canvas = np.asarray(cv2.addWeighted(drawn, 0.7, canvas, 0.3, 0), np.uint8)
    for number, index in enumerate(order):
        for point, left in ((found.points_a[index], lefts[0]), (found.points_b[index], lefts[1])):
            cv2.circle(canvas, _place(point, left), 6, (255, 255, 255), 3, cv2.LINE_AA)
            cv2.circle(canvas, _place(point, left), 6, colours[number], 2, cv2.LINE_AA)
    _caption(canvas, found.inliers)
    _, png = cv2.imencode(".png", cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR))
    return bytes(png)


def _place(point: NDArray[np.float32], left: int) -> tuple[int, int]:
    x, y = ((float(value) + 0.5) * ENLARGED - 0.5 for value in point)
    return round(left + x), round(MARGIN + y)


def _colours(count: int) -> list[tuple[int, int, int]]:
    """As many colours as there are points, round the hues and back again, readable on grey; RGB."""
    hues = (np.arange(count) * 180 / max(count, 1)).astype(np.uint8)
    hsv = np.stack([hues, np.full(count, 230, np.uint8), np.full(count, 235, np.uint8)], axis=-1)
    rgb = cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0] if count else hsv
    return [(int(red), int(green), int(blue)) for red, green, blue in rgb]


def _caption(canvas: NDArray[np.uint8], inliers: int) -> None:
    """What the picture shows, in words, below the noses."""
    baseline = canvas.shape[0] - 16
    half = canvas.shape[1] // 2
    points = "1 matching point" if inliers == 1 else f"{inliers} matching points"
    for text, left in (
        ("Photo", MARGIN),
        (points, half - 85),
        ("Registered", half + GAP // 2 + MARGIN + 278),
    ):
        place = (left, baseline)
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 1, cv2.LINE_AA)
