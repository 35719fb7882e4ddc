"""Random changes of noses for training: of aligned pictures, and of photos before they are aligned."""

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.alignment import ALIGNED_HEIGHT, ALIGNED_WIDTH, align
from shared.geometry import Box, RgbImage


def changed(rng: np.random.Generator, nose: NDArray[np.uint8], mirrored: bool) -> NDArray[np.uint8]:
    """An aligned nose, aligned a little otherwise and lit otherwise; same shape and type.

    Args:
        rng: source of chance.
        nose: (192, 224), grey.
        mirrored: turn left and right round. A mirrored nose is another individual's.
    """
    angle, scale = rng.normal(0, 2.5), float(np.exp(rng.normal(0, 0.03)))
    matrix = np.asarray(
        cv2.getRotationMatrix2D((ALIGNED_WIDTH / 2, ALIGNED_HEIGHT / 2), angle, scale), np.float64
    )
    matrix[:, 2] += rng.normal(0, 3.0, 2)
    if mirrored:
        matrix[:, 2] += matrix[:, 0] * (ALIGNED_WIDTH - 1)
        matrix[:, 0] *= -1
    size = (ALIGNED_WIDTH, ALIGNED_HEIGHT)
    nose = np.asarray(
        cv2.warpAffine(nose, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
    if rng.random() < 0.25:
        nose = np.asarray(cv2.GaussianBlur(nose, (0, 0), rng.uniform(0.5, 1.8)), np.uint8)
    levels = np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.2))
    nose = np.asarray(cv2.LUT(nose, (levels * 255).astype(np.uint8)), np.uint8)
    if rng.random() < 0.2:  # Something lies over part of it.
        wide, high = (int(side) for side in rng.integers(16, 72, 2))
        left, top = int(rng.integers(0, ALIGNED_WIDTH - wide)), int(rng.integers(0, ALIGNED_HEIGHT - high))
        nose[top : top + high, left : left + wide] = rng.integers(0, 256)
    return nose


def photo_view(rng: np.random.Generator, image: RgbImage, box: Box) -> NDArray[np.uint8]:
    """A real photo taken as if again, then aligned: (192, 224), grey.

    One photo shows one moment, so light, focus and pose are changed by hand: a smooth change of
    brightness, tone curve, blur, a lower resolution, noise, JPEG, slight perspective, another box.
    """
    height, width = image.shape[:2]
    left, top, right, bottom = box.pixels(width, height)
    reach = round(0.35 * max(right - left, bottom - top)) + 2
    x0, y0 = max(left - reach, 0), max(top - reach, 0)
    part = image[y0 : bottom + reach, x0 : right + reach]
    scale = min(240 / max(right - left, 1), 6.0)
    part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR), np.uint8)
    edges = (np.array([left - x0, top - y0, right - x0, bottom - y0]) * scale).astype(np.float32)
    high, wide = part.shape[:2]
    corners = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    moved = corners + rng.normal(0, 0.03, (4, 2)).astype(np.float32) * (edges[2] - edges[0])
    bend = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    warped = cv2.warpPerspective(
        part, bend, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    framed = np.array([edges[[0, 1]], edges[[2, 1]], edges[[2, 3]], edges[[0, 3]]])[None]
    framed = cv2.perspectiveTransform(framed, bend)[0]
    (left, top), (right, bottom) = framed.min(0), framed.max(0)
    coarse = rng.normal(0, 0.22, (3, 3)).astype(np.float32)
    gain = np.exp(np.asarray(cv2.resize(coarse, (wide, high), interpolation=cv2.INTER_CUBIC), np.float32))[
        ..., None
    ]
    light = (warped.astype(np.float32) / 255) ** np.float32(np.exp(rng.normal(0, 0.25))) * gain
    if rng.random() < 0.5:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), rng.uniform(0.4, 2.0)), np.float32)
    light = light + rng.normal(0, rng.uniform(0.002, 0.02), light.shape).astype(np.float32)
    small = rng.uniform(0.5, 1.0)
    light = np.asarray(cv2.resize(light, None, fx=small, fy=small, interpolation=cv2.INTER_AREA), np.float32)
    _, packed = cv2.imencode(
        ".jpg",
        (np.clip(light, 0, 1) * 255).astype(np.uint8)[..., ::-1],
        [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(45, 95))],
    )
    photo = np.ascontiguousarray(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])
    jitter = rng.normal(0, 0.02, 4) * np.array([right - left, bottom - top] * 2)
    fractions = (np.array([left, top, right, bottom]) + jitter) / (wide, high, wide, high)
    fractions = np.clip(fractions, 0, 1)
    return align(photo, Box(*(float(edge) for edge in fractions))).pixels
