"""Whether a nose in a photo can be read, and if not, why."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.alignment import cut_out
from services.noseprint.detection import Nose
from shared.errors import Reason
from shared.geometry import Box, RgbImage

MEASURED_WIDTH = 192
"""Width to which a nose is scaled before its sharpness is measured, pixels: what the embedder sees of it."""
MIDDLE_GREY = 110.0
"""Brightness to which a nose is lifted before its sharpness is measured, grey levels."""
LIFT_FLOOR = 25.0
"""Brightness below which a nose is not lifted further: it would measure the camera's noise."""

MIN_CONFIDENCE = 0.8
"""The detector's confidence from which a nose is taken for one; cats, apes and owls reach up to 0.75."""
MIN_NOSE_PX = 96
"""Width of the nose in the photo from which its skin can be told."""
MIN_SHARPNESS = 12.0
"""Photos in focus measure 28 to 880; blurred by a hundredth of the nose's width, 3 to 20."""
MIN_EXPOSURE = 0.05
"""A black nose in good light measures 0.1 to 0.2."""
MAX_EXPOSURE = 0.88
MAX_GLARE = 0.22
BLOWN_OUT = 250
"""Grey level from which nothing can be seen any more."""
EDGE = 0.006
"""Share of the photo within which a box counts as touching its edge."""
PHOTO_SIDE = 320
"""Longest side at which a photo without a nose is looked at, pixels."""
PHOTO_DARK, PHOTO_BRIGHT = 0.05, 0.93
"""Mean brightness below and above which a photo shows nothing."""
PHOTO_CONTRAST = 12.0
"""Standard deviation, grey levels, below which a photo is of a plain surface and not merely blurred."""
PHOTO_SHARPNESS = 12.0
"""Variance of the Laplacian below which nothing of a photo is in focus."""
RIVAL_CONFIDENCE = 0.6
RIVAL_SIZE = 0.45
"""A second nose, this sure and this large beside the first (by width), makes it unclear whose is meant."""

ADVICE = {
    Reason.NO_NOSE_FOUND: "no dog's nose was found: photograph the nose from the front, close up",
    Reason.SEVERAL_NOSES: "there are several noses: photograph one dog alone",
    Reason.NOSE_CUT_OFF: "part of the nose lies outside the photo: move back until all of it is in view",
    Reason.NOSE_TOO_SMALL: "the nose is too small to be read: move closer, or send the whole photo",
    Reason.PHOTO_TOO_DARK: "the nose is too dark to be read: go where there is more light",
    Reason.PHOTO_TOO_BRIGHT: "the nose mirrors too much light: turn off the flash, avoid direct light",
    Reason.PHOTO_TOO_BLURRY: "the nose is out of focus: hold still, tap the nose to focus, and try again",
}
"""What a person can do about each reason."""


@dataclass(frozen=True, slots=True)
class NoseQuality:
    """Measures of a nose in a photo."""

    sharpness: float
    """Variance of the Laplacian, grey levels squared, over the nose at 192 pixels width and middle
    brightness, so that it depends neither on resolution nor on exposure; more is sharper."""
    nose_px: int
    """Width of the nose in pixels of the photo."""
    exposure: float
    """Mean brightness of the nose, 0…1."""
    glare: float
    """Share of the nose that is blown out, 0…1."""


def measure(image: RgbImage, box: Box) -> NoseQuality:
    """Measure the nose in a box of an upright RGB photo."""
    left, _, right, _ = box.pixels(image.shape[1], image.shape[0])
    grey = nose_grey(image, box)
    inside = ellipse(grey.shape[0], grey.shape[1])
    values = grey[inside]
    exposure = float(values.mean())
    return NoseQuality(
        sharpness=_sharpness(grey, inside, exposure),
        nose_px=right - left,
        exposure=exposure / 255,
        glare=float((values >= BLOWN_OUT).mean()),
    )


def nose_grey(image: RgbImage, box: Box) -> NDArray[np.uint8]:
    """The box of a nose in grey, 192 pixels wide; a small one is enlarged and looks as blurred as it is."""
    size = np.array([image.shape[1], image.shape[0]], np.float64)
    centre = np.array([box.x_min + box.x_max, box.y_min + box.y_max]) / 2 * size
    extent = np.array([box.x_max - box.x_min, box.y_max - box.y_min]) * size
    scale = MEASURED_WIDTH / max(float(extent[0]), 1.0)
    height = int(np.clip(round(float(extent[1]) * scale), 16, 3 * MEASURED_WIDTH))
    crop = cut_out(image, centre, scale, 0.0, (MEASURED_WIDTH, height), cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8)


def ellipse(height: int, width: int) -> NDArray[np.bool_]:
    """True inside the ellipse that touches all four edges: the nose without the fur in the corners."""
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 2, height // 2), (width // 2, height // 2), 0, 0, 360, 1, -1)
    return np.asarray(mask > 0, np.bool_)


def _sharpness(grey: NDArray[np.uint8], inside: NDArray[np.bool_], exposure: float) -> float:
    # A light blur first: single pixels of noise and of a compression's blocks are no detail.
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 0.8)
    lifted = smooth * (MIDDLE_GREY / max(exposure, LIFT_FLOOR))
    return float(cv2.Laplacian(lifted, cv2.CV_32F)[inside].var())


def reasons_without_nose(image: RgbImage) -> tuple[Reason, ...]:
    """Why no nose was found in a photo: it is black, washed out or blurred all over, or there is none."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    scale = PHOTO_SIDE / max(grey.shape)
    size = (max(round(grey.shape[1] * scale), 1), max(round(grey.shape[0] * scale), 1))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    mean = float(small.mean()) / 255
    if mean < PHOTO_DARK:
        return Reason.PHOTO_TOO_DARK, Reason.NO_NOSE_FOUND
    if mean > PHOTO_BRIGHT:
        return Reason.PHOTO_TOO_BRIGHT, Reason.NO_NOSE_FOUND
    detail = float(cv2.Laplacian(small.astype(np.float32), cv2.CV_32F).var())
    if detail < PHOTO_SHARPNESS and float(small.std()) > PHOTO_CONTRAST:
        return Reason.PHOTO_TOO_BLURRY, Reason.NO_NOSE_FOUND
    return (Reason.NO_NOSE_FOUND,)


def reasons_against(noses: Sequence[Nose], quality: NoseQuality) -> tuple[Reason, ...]:
    """Why the first of the noses found cannot be read, the most telling reason first; none when it can.

    Args:
        noses: as the detector gives them, at least one, the most prominent first.
        quality: of the first nose.
    """
    nose = noses[0]
    failed = {
        Reason.SEVERAL_NOSES: any(_rivals(nose, other) for other in noses[1:]),
        Reason.NOSE_TOO_SMALL: quality.nose_px < MIN_NOSE_PX,
        Reason.PHOTO_TOO_DARK: quality.exposure < MIN_EXPOSURE,
        Reason.PHOTO_TOO_BRIGHT: quality.exposure > MAX_EXPOSURE or quality.glare > MAX_GLARE,
        Reason.PHOTO_TOO_BLURRY: quality.sharpness < MIN_SHARPNESS,
        # What makes the detector unsure of the box, or of there being a nose, is said before both.
        Reason.NOSE_CUT_OFF: _touches_edge(nose.box),
        Reason.NO_NOSE_FOUND: nose.confidence < MIN_CONFIDENCE,
    }
    return tuple(reason for reason, fails in failed.items() if fails)


def _rivals(nose: Nose, other: Nose) -> bool:
    width = nose.box.x_max - nose.box.x_min
    return other.confidence >= RIVAL_CONFIDENCE and other.box.x_max - other.box.x_min >= RIVAL_SIZE * width


def _touches_edge(box: Box) -> bool:
    return box.x_min < EDGE or box.y_min < EDGE or box.x_max > 1 - EDGE or box.y_max > 1 - EDGE
