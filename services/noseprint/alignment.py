"""Bringing a nose into its standard form: same size, upright, evenly lit, without reflections.

What is the same nose must fall on the same pixels in every photo. Its place and size come from the
detector's box, the turn from the line through both nostrils, which also steadies the place.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.nostrils import Nostrils, find_nostrils
from shared.box_detection import check_image
from shared.geometry import Box, RgbImage

ALIGNED_WIDTH, ALIGNED_HEIGHT = 224, 192
NOSE_WIDTH, NOSE_HEIGHT = 196, 172
"""The nose fills the aligned picture to this width or this height, whichever it reaches first, pixels."""
SEARCH_WIDTH = 128
"""Width of the nose at which its nostrils are looked for, pixels."""
USUAL_DROP = 0.06
"""The nostrils' midpoint lies about this far below the middle of the nose, as a share of its width."""
BOX_TRUST = 0.6
"""Weight of the box against the nostrils in saying where the nose's middle is."""

GLARE_LEVEL = 232
"""Grey level from which a pixel that also outshines its surroundings is a reflection."""
GLARE_CONTRAST = 1.45
"""How many times brighter than its surroundings a reflection is."""
MAX_REPAIRED = 0.25
"""Largest share of the picture whose reflections are painted over; more of them and it is left alone."""
EVENING = 30.0
"""Standard deviation, in pixels, of the shading that is divided out."""
CLAHE_LIMIT, CLAHE_TILES = 2.5, (6, 5)


@dataclass(frozen=True)
class AlignedNose:
    """A nose in its standard form."""

    pixels: NDArray[np.uint8]
    """Shape (192, 224), grey."""
    angle: float
    """Degrees by which the photo was turned to bring the nostrils level, anticlockwise positive; 0 when they
    were not found."""
    valid: NDArray[np.bool_] | None
    """Shape (192, 224): False where the photo ends or a reflection was painted over. None: all is valid."""
    turned: bool = True
    """Whether the nostrils were found, so that ``angle`` means something."""


def align(image: RgbImage, box: Box) -> AlignedNose:
    """The nose in a box of an upright photo, in its standard form. Deterministic.

    Args:
        image: shape (height, width, 3), uint8, RGB.
        box: around the nose.

    Raises:
        ValueError: ``image`` is not such an array.
    """
    check_image(image)
    size = np.array([image.shape[1], image.shape[0]], np.float64)
    centre = np.array([box.x_min + box.x_max, box.y_min + box.y_max]) / 2 * size
    extent = np.array([box.x_max - box.x_min, box.y_max - box.y_min]) * size
    nostrils = _nostrils(image, centre, float(extent[0]))
    angle = 0.0
    if nostrils is not None:
        angle = nostrils.angle
        extent = unturned(extent, angle)
        radians = np.radians(angle)
        down = np.array([-np.sin(radians), np.cos(radians)])
        by_nostrils = np.array(nostrils.middle) - USUAL_DROP * extent[0] * down
        centre = BOX_TRUST * centre + (1 - BOX_TRUST) * by_nostrils
    scale = min(NOSE_WIDTH / extent[0], NOSE_HEIGHT / extent[1])
    return _normalised(image, centre, float(scale), angle, nostrils is not None)


def align_cropped(image: RgbImage) -> AlignedNose:
    """The nose of a picture that shows just a nose from edge to edge; see :func:`align`."""
    return align(image, Box(0.0, 0.0, 1.0, 1.0))


def unturned(extent: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Width and height of an ellipse from the upright box around it and its turn in degrees.

    Around 45° the box says nothing about the ellipse's proportions, so turns count for at most 30°, and
    the result stays within usual proportions of a nose.
    """
    radians = np.radians(min(abs(angle), 30.0))
    cos2, sin2 = np.cos(radians) ** 2, np.sin(radians) ** 2
    width2, height2 = extent**2
    width = np.sqrt(max((width2 * cos2 - height2 * sin2) / (cos2 - sin2), 0.5 * width2))
    height = np.sqrt(max((height2 * cos2 - width2 * sin2) / (cos2 - sin2), 0.5 * height2))
    return np.array([width, height])


def _nostrils(image: RgbImage, centre: NDArray[np.float64], width: float) -> Nostrils | None:
    """Nostrils in pixels of the photo."""
    scale = SEARCH_WIDTH / width
    side = int(SEARCH_WIDTH * 1.5)
    patch = cut_out(image, centre, scale, 0.0, (side, side), cv2.BORDER_REPLICATE)
    grey = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY)
    found = find_nostrils(np.asarray(grey, np.uint8), (side / 2, side / 2), SEARCH_WIDTH)
    if found is None:
        return None
    left, right = (
        (float(centre[0] + (x - side / 2) / scale), float(centre[1] + (y - side / 2) / scale))
        for x, y in (found.left, found.right)
    )
    return Nostrils(left, right, found.score)


def cut_out(
    image: NDArray[np.uint8],
    centre: NDArray[np.float64],
    scale: float,
    angle: float,
    size: tuple[int, int],
    border: int,
) -> NDArray[np.uint8]:
    """The surroundings of a point, scaled and turned about it into the middle of a new picture.

    Args:
        scale: pixels of the result per pixel of ``image``; shrinking averages.
        angle: degrees by which the content turns anticlockwise.
        size: width and height of the result.
        border: what lies beyond the photo, one of OpenCV's ``BORDER_…``.
    """
    # Only the part that is seen is touched: photos have megapixels, a nose a fraction of them.
    reach = np.hypot(*size) / scale / 2 + 2
    left, top = (max(int(edge), 0) for edge in centre - reach)
    right, bottom = (int(edge) for edge in np.minimum(centre + reach + 1, image.shape[1::-1]))
    part, middle = image[top:bottom, left:right], centre - (left, top)
    if scale < 0.75:
        shrunk = (max(round(part.shape[1] * scale), 1), max(round(part.shape[0] * scale), 1))
        ratio = np.array([shrunk[0] / part.shape[1], shrunk[1] / part.shape[0]])
        part = np.asarray(cv2.resize(part, shrunk, interpolation=cv2.INTER_AREA), np.uint8)
        middle = (middle + 0.5) * ratio - 0.5
        scale = scale / float(ratio.mean())
    turn = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), angle, scale)
    matrix = np.asarray(turn, np.float64)
    matrix[:, 2] += np.array(size) / 2 - middle
    warped = cv2.warpAffine(part, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=0)
    return np.asarray(warped, np.uint8)


def _normalised(
    image: RgbImage, centre: NDArray[np.float64], scale: float, angle: float, turned: bool
) -> AlignedNose:
    size = (ALIGNED_WIDTH, ALIGNED_HEIGHT)
    crop = cut_out(image, centre, scale, angle, size, cv2.BORDER_REPLICATE)
    inside = _inside(image.shape[1], image.shape[0], centre, scale, angle)
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8)
    glare = reflections(grey)
    valid = inside & ~glare
    if 0 < glare.mean() <= MAX_REPAIRED:
        grey = np.asarray(cv2.inpaint(grey, glare.astype(np.uint8), 3, cv2.INPAINT_TELEA), np.uint8)
    clahe = cv2.createCLAHE(CLAHE_LIMIT, CLAHE_TILES)
    pixels = np.asarray(clahe.apply(evenly_lit(grey)), np.uint8)
    return AlignedNose(pixels, angle, None if valid.all() else valid, turned)


def _inside(
    width: int, height: int, centre: NDArray[np.float64], scale: float, angle: float
) -> NDArray[np.bool_]:
    """Where the aligned picture shows the photo: each pixel is mapped back and looked up."""
    radians = np.radians(angle)
    turn = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]]) / scale
    rows, columns = np.mgrid[:ALIGNED_HEIGHT, :ALIGNED_WIDTH]
    offsets = np.stack([columns - ALIGNED_WIDTH / 2, rows - ALIGNED_HEIGHT / 2], axis=-1)
    places = offsets @ turn.T + centre
    return np.asarray(((places >= 0) & (places <= (width - 1, height - 1))).all(axis=-1), np.bool_)


def reflections(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where wet leather mirrors a light: nearly white, and far brighter than what surrounds it."""
    around = cv2.blur(grey, (41, 41)).astype(np.float32)
    bright = (grey >= GLARE_LEVEL) & (grey > GLARE_CONTRAST * around)
    grown = cv2.dilate(bright.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(grown > 0, np.bool_)


def evenly_lit(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture divided by its own shading, with what still outshines it held down.

    The division takes out the fall of light over a round nose; the soft limit, the small glints on every
    bead, which move with the light while the beads do not.
    """
    light = grey.astype(np.float32) + 8
    ratio = light / cv2.GaussianBlur(light, (0, 0), EVENING)
    held = np.where(ratio > 1.4, 1.4 + 0.45 * np.tanh((ratio - 1.4) / 0.45), ratio)
    return np.asarray(np.clip(held * 110, 0, 255), np.uint8)
