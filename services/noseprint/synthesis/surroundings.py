"""What is not nose: the coat around it, and what lies over it."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.synthesis.fields import Field, smooth_noise, smoothstep

_COATS = 10
_SIZE = 448


@lru_cache(maxsize=_COATS)
def _coat(number: int) -> Field:
    """Hair radiating from the middle, mean 0 and variance about 1; shape (448, 448)."""
    rng = np.random.default_rng([4021, number])
    rows, columns = np.mgrid[0:_SIZE, 0:_SIZE].astype(np.float32)
    x, y = columns - _SIZE / 2, rows - _SIZE * rng.uniform(0.3, 0.6)
    bend = 0.10 * smooth_noise(rng, _SIZE, _SIZE, 200)
    angle = (np.arctan2(y, x) + bend + np.pi) / (2 * np.pi)
    radius = np.sqrt(x * x + y * y)
    hair = np.zeros((_SIZE, _SIZE), np.float32)
    for strands, length in ((500, 60.0), (1000, 34.0)):
        noise = rng.standard_normal((64, strands), dtype=np.float32)
        noise[:, -1] = noise[:, 0]
        hair += cv2.remap(
            noise, angle * (strands - 1), radius / length, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
        )
    return np.asarray((hair - hair.mean()) / hair.std(), np.float32)


def draw_coat(
    rng: np.random.Generator, size: tuple[int, int], tones: NDArray[np.float32]
) -> tuple[NDArray[np.float32], Field]:
    """The coat as linear light (height, width, 3), and the hair's field, by which it creeps over the edge."""
    width, height = size
    hair = _coat(int(rng.integers(_COATS)))
    scale = rng.uniform(0.75, 1.3) * width / 330
    shift = rng.uniform(-12, 12, 2)
    to_coat = np.array(
        [
            (1 / scale, 0, _SIZE / 2 - width / 2 / scale + shift[0]),
            (0, 1 / scale, _SIZE / 2 - height / 2 / scale + shift[1]),
        ]
    )
    field = cv2.warpAffine(
        hair, to_coat, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )
    share = np.clip(0.5 + 0.35 * smooth_noise(rng, width, height, 120), 0, 1)[..., None]
    colour = tones[0] * share + tones[1] * (1 - share)
    light = np.clip(0.55 + rng.uniform(0.08, 0.25) * field, 0.03, 1.5) * rng.uniform(0.5, 1.2)
    return np.asarray(colour * light[..., None], np.float32), np.asarray(field, np.float32)


def cover(rng: np.random.Generator, photo: NDArray[np.float32], hardness: float) -> None:
    """Lay hairs, straws, crumbs or a tongue over a photo (height, width, 3) of linear light, in place."""
    height, width = photo.shape[:2]
    if rng.random() < 0.35 * hardness:
        for _ in range(int(rng.integers(1, 6))):
            start = rng.uniform((0, 0), (width, height))
            angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.5) * width
            steps = np.linspace(0, 1, 10)[:, None]
            end = start + length * np.array((np.cos(angle), np.sin(angle)))
            bow = rng.normal(0, 0.08 * length) * np.array((-np.sin(angle), np.cos(angle)))
            line = start + (end - start) * steps + bow * np.sin(np.pi * steps)
            shade = rng.uniform(0.02, 0.9) * np.array((1, rng.uniform(0.8, 1), rng.uniform(0.5, 1)))
            thickness = 1 if rng.random() < 0.93 else int(rng.integers(2, 4))
            cv2.polylines(
                photo, [(line * 16).astype(np.int32)], False, shade.tolist(), thickness, cv2.LINE_AA, 4
            )
    if rng.random() < 0.15 * hardness:
        for _ in range(int(rng.integers(2, 14))):
            place = tuple(int(value) for value in rng.uniform((0, 0), (width, height)))
            shade = rng.uniform(0.02, 0.6) * np.array((1, rng.uniform(0.8, 1), rng.uniform(0.5, 1)))
            cv2.circle(photo, place, int(rng.integers(1, 4)), shade.tolist(), -1, cv2.LINE_AA)
    if rng.random() < 0.03 * hardness:
        mask = np.zeros((height, width), np.float32)
        place = (round(width * rng.uniform(0.25, 0.75)), round(height * rng.uniform(0.85, 1.0)))
        axes = (round(width * rng.uniform(0.15, 0.25)), round(height * rng.uniform(0.15, 0.35)))
        cv2.ellipse(mask, place, axes, rng.uniform(-20, 20), 0, 360, 1.0, -1, cv2.LINE_AA)
        soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), 2), np.float32)[..., None]
        pink = np.array((0.55, 0.2, 0.2), np.float32) * rng.uniform(0.5, 1.2)
        photo *= 1 - soft
        photo += soft * pink * (1 + 0.15 * smooth_noise(rng, width, height, 20))[..., None]


def blend(
    nose: NDArray[np.float32], coat: NDArray[np.float32], inside: Field, hair: Field
) -> NDArray[np.float32]:
    """Put the nose on the coat; hairs reach a few pixels over its edge."""
    share = smoothstep(inside - 2.5 * np.clip(hair, 0, None), -2.5, 3.5)[..., None]
    return np.asarray(nose * share + coat * (1 - share), np.float32)
