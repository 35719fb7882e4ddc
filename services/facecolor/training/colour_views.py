"""Views of a head for training: other frames, other light, the same colours to a human eye."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from services.facecolor.colour_crop import BORDER, MARGIN
from services.facecolor.training.colour_data import SQUARE_MARGIN
from shared.geometry import RgbImage

ZOOM, SHIFT, TURN = 0.2, 0.12, 12.0
"""Largest log-zoom, shift (in longer sides of the head box) and turn (degrees) of a view."""
GAMMA, EXPOSURE, WHITE_BALANCE, WARMTH = 0.18, 0.12, 0.03, 0.09
"""Standard deviations of the logarithms: tone curve, brightness, gain of each channel, and gain of red
against blue (lamps and shade). Hue is varied gently: colour is what is to be learned."""
CONTRAST = 0.12
BLUR_CHANCE = 0.15


def plain_view(square: RgbImage, size: int) -> RgbImage:
    """The view that is looked at at run time, cut from a wider square."""
    return _framed(square, size, MARGIN, 0.0, 0.0, 0.0, flip=False)


def random_view(square: RgbImage, size: int, rng: np.random.Generator) -> RgbImage:
    """A view with jittered frame and light; ``size`` pixels a side."""
    margin = MARGIN * math.exp(rng.uniform(-ZOOM, ZOOM))
    shift_x, shift_y = rng.uniform(-SHIFT, SHIFT, 2)
    view = _framed(square, size, margin, shift_x, shift_y, rng.uniform(-TURN, TURN), flip=rng.random() < 0.5)
    view = np.asarray(cv2.LUT(view, _random_light(rng)), np.uint8)
    if rng.random() < BLUR_CHANCE:
        view = np.asarray(cv2.GaussianBlur(view, (0, 0), rng.uniform(0.5, 1.4)), np.uint8)
    return view


def _framed(
    square: RgbImage, size: int, margin: float, shift_x: float, shift_y: float, degrees: float, *, flip: bool
) -> RgbImage:
    side = square.shape[0]
    scale = size / (side * margin / SQUARE_MARGIN)
    cosine, sine = math.cos(math.radians(degrees)) * scale, math.sin(math.radians(degrees)) * scale
    matrix = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0]])
    if flip:
        matrix[0, :2] *= -1
    head_side = side / SQUARE_MARGIN
    centre = np.array([side / 2 + shift_x * head_side, side / 2 + shift_y * head_side])
    matrix[:, 2] = size / 2 - matrix[:, :2] @ centre
    framed = cv2.warpAffine(
        square,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(BORDER, BORDER, BORDER),
    )
    return np.asarray(framed, np.uint8)


def _random_light(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A table of 256 values a channel, shape (1, 256, 3)."""
    levels = np.linspace(0, 1, 256)
    curve = levels ** math.exp(rng.normal(0, GAMMA)) * math.exp(rng.normal(0, EXPOSURE))
    warmth = rng.normal(0, WARMTH)
    gains = np.exp(rng.normal(0, WHITE_BALANCE, 3) + np.array([warmth, 0.0, -warmth]))
    lit = curve[:, None] * (gains / gains.mean())
    contrast = rng.uniform(1 - CONTRAST, 1 + CONTRAST)
    return np.asarray(np.clip((lit - 0.45) * contrast + 0.45, 0, 1) * 255, np.uint8)[None]
