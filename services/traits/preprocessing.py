"""From a picture to the square views that the network reads: the same code trains and serves.

The network looks at a photo several times: the whole of it and its middle, and, when the head's box is
known, the head and the bust around it. Each view is a frame of the photo resampled to a square. Middle,
head and bust are square in the true geometry of the photo, so that a face is never squeezed, even when
the stored copy is: training photos lie squeezed to 224×224 and carry their true ``aspect``. The whole is
squeezed: measured, that reads better than grey bars. What lies beyond the photo is filled with mid-grey,
which the network sees as zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.geometry import Box, RgbImage

FILL = 127
"""The grey beyond the photo's edge; (127 / 127.5) - 1 is zero to within 0.004."""

HEAD_MARGIN, BUST_MARGIN = 1.5, 2.6
"""Sides of the head's and the bust's view over the longer side of the head box. Detectors frame the face
tightly; 1.5 takes in the ears."""

MOST_SQUEEZED = 1.75
"""Wider or taller photos than this keep grey bars: squeezed further, no dog looks like a dog."""


LONGEST = 512
"""Photos are scaled down to this longest side before views are cut: training saw none larger than 500."""


class Role(IntEnum):
    """What a view shows; each role has linear heads of its own over a trunk."""

    WHOLE = 0
    HEAD = 1
    BUST = 2


class ViewName(StrEnum):
    """The views that there are of a photo."""

    WHOLE = "whole"
    WHOLE_MIRRORED = "whole_mirrored"
    MIDDLE = "middle"
    MIDDLE_MIRRORED = "middle_mirrored"
    HEAD = "head"
    BUST = "bust"


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle of a photo by centre and size in fractions of the photo; it may reach beyond."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, dx: float, dy: float, scale: float) -> "Frame":
        """Shifted by ``dx`` widths and ``dy`` heights, and scaled by ``scale``."""
        return Frame(
            self.x + dx * self.width, self.y + dy * self.height, self.width * scale, self.height * scale
        )

    def kept_inside(self) -> "Frame":
        """Shifted as little as possible so that it leaves the photo only where it is too large."""
        x = min(max(self.x, self.width / 2), 1 - self.width / 2) if self.width < 1 else 0.5
        y = min(max(self.y, self.height / 2), 1 - self.height / 2) if self.height < 1 else 0.5
        return Frame(x, y, self.width, self.height)


def whole_frame(aspect: float) -> Frame:
    """All of a photo of ``aspect`` = width / height."""
    return Frame(0.5, 0.5, max(1.0, 1 / (aspect * MOST_SQUEEZED)), max(1.0, aspect / MOST_SQUEEZED))


def centre_frame(aspect: float) -> Frame:
    """The largest square within a photo of ``aspect`` = width / height, in its middle."""
    return Frame(0.5, 0.5, min(1.0, 1 / aspect), min(1.0, aspect))


def square_around(box: Box, margin: float, aspect: float) -> Frame:
    """The square around ``box`` whose side is ``margin`` times the longer side of the box.

    It is no larger than the shorter side of the photo, unless the box itself needs it: grey bars teach
    nothing.

    Args:
        box: in fractions of the photo.
        margin: 1 = just the box.
        aspect: the photo's true width / height.
    """
    longer = max(box.x_max - box.x_min, (box.y_max - box.y_min) / aspect)
    side = max(min(longer * margin, centre_frame(aspect).width), longer * min(margin, HEAD_MARGIN))
    return Frame((box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2, side, side * aspect)


@dataclass(frozen=True, slots=True)
class View:
    """One look at a photo."""

    name: ViewName
    frame: Frame

    @property
    def role(self) -> Role:
        """Whose heads read it: the middle counts as a whole."""
        return {ViewName.HEAD: Role.HEAD, ViewName.BUST: Role.BUST}.get(self.name, Role.WHOLE)

    @property
    def mirrored(self) -> bool:
        """Whether left and right are exchanged."""
        return self.name in (ViewName.WHOLE_MIRRORED, ViewName.MIDDLE_MIRRORED)


def views_of(aspect: float, head: Box | None) -> list[View]:
    """The views of a photo of ``aspect`` = width / height.

    The whole, its middle, the head and the bust; where no head is known, the whole and the middle, each
    also mirrored, so that there is as much to average over.
    """
    whole, middle = whole_frame(aspect), centre_frame(aspect)
    if head is None:
        return [
            View(ViewName.WHOLE, whole),
            View(ViewName.WHOLE_MIRRORED, whole),
            View(ViewName.MIDDLE, middle),
            View(ViewName.MIDDLE_MIRRORED, middle),
        ]
    return [
        View(ViewName.WHOLE, whole),
        View(ViewName.MIDDLE, middle),
        View(ViewName.HEAD, square_around(head, HEAD_MARGIN, aspect).kept_inside()),
        View(ViewName.BUST, square_around(head, BUST_MARGIN, aspect).kept_inside()),
    ]


def scaled_down(image: RgbImage) -> RgbImage:
    """``image`` with its longest side at ``LONGEST`` pixels or less, whatever its shape."""
    height, width = image.shape[:2]
    scale = LONGEST / max(height, width)
    if scale >= 1:
        return image
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def render(image: RgbImage, views: Sequence[View], size: int) -> tuple[RgbImage, NDArray[np.float32]]:
    """The network's inputs for ``views`` of ``image``.

    Returns:
        Pixels, (n, size, size, 3) uint8, and one-hot roles, (n, 3) float32.
    """
    cuttings = (cut(image, view.frame, size) for view in views)
    pairs = zip(cuttings, views, strict=True)
    pixels = [cutting[:, ::-1] if view.mirrored else cutting for cutting, view in pairs]
    roles = np.eye(len(Role), dtype=np.float32)[[int(view.role) for view in views]]
    return np.stack(pixels), roles


def cut(image: RgbImage, frame: Frame, size: int) -> RgbImage:
    """Cut ``frame`` out of ``image`` and resample it to ``size``×``size``.

    Args:
        image: (height, width, 3) uint8; may be stored squeezed.
        frame: the rectangle.
        size: side of the view in pixels.

    Returns:
        (size, size, 3) uint8, with mid-grey where the frame leaves the photo.
    """
    height, width = image.shape[:2]
    x0, y0 = round((frame.x - frame.width / 2) * width), round((frame.y - frame.height / 2) * height)
    x1 = max(round((frame.x + frame.width / 2) * width), x0 + 1)
    y1 = max(round((frame.y + frame.height / 2) * height), y0 + 1)
    inside = image[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    if inside.size == 0:
        return np.full((size, size, 3), FILL, np.uint8)
    # Resample only the part that is inside and place it on the grey: cheaper than padding first.
    scale_x, scale_y = size / (x1 - x0), size / (y1 - y0)
    columns = min(max(round(inside.shape[1] * scale_x), 1), size)
    rows = min(max(round(inside.shape[0] * scale_y), 1), size)
    shrinking = inside.shape[0] > rows or inside.shape[1] > columns
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    resized = cv2.resize(inside, (columns, rows), interpolation=method)
    if columns == size and rows == size:
        return np.asarray(resized, dtype=np.uint8)
    view = np.full((size, size, 3), FILL, np.uint8)
    column = min(round((max(x0, 0) - x0) * scale_x), size - columns)
    row = min(round((max(y0, 0) - y0) * scale_y), size - rows)
    view[row : row + rows, column : column + columns] = resized
    return view
