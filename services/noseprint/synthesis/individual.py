"""One dog's nose, grown from a seed: outline, nostrils, philtrum, skin and pigment.

Lengths are in pixels of a canvas of ``WIDTH`` × ``HEIGHT``, seen from the front, on which the nose
is about ``NOSE_WIDTH`` wide. Within a breed noses look alike, so shapes vary moderately about a
common form; what tells individuals apart is above all the skin.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.synthesis.cells import grow_skin
from services.noseprint.synthesis.fields import Field, signed_distance, smooth_noise, smoothstep

WIDTH, HEIGHT = 448, 384
NOSE_WIDTH = 380
CELLS_ACROSS = (17.0, 30.0)
"""Least and greatest number of beads across a nose."""

# Base colours of nose leather in sRGB 0…1: black, charcoal, dark brown, liver, pink.
_LEATHER = np.array(
    [(0.16, 0.16, 0.17), (0.26, 0.25, 0.26), (0.27, 0.19, 0.16), (0.42, 0.27, 0.21), (0.75, 0.52, 0.48)]
)
_LEATHER_SHARE = (0.45, 0.2, 0.15, 0.14, 0.06)
_PINK = np.array((0.80, 0.56, 0.53))


@dataclass(frozen=True, slots=True)
class Individual:
    """A nose, as maps over the canvas; every map has the shape (HEIGHT, WIDTH, …)."""

    relief: Field
    """(…, 3): slope of the skin across, slope down, and light that reaches the spot (0 deep, 1 open)."""
    inside: Field
    """Signed distance to the outline in pixels, positive on the nose."""
    colour: NDArray[np.float32]
    """(…, 3): reflectance in linear light, 0…1."""
    bulge: Field
    """Height of the nose's surface towards the camera, in pixels."""
    outline: NDArray[np.float32]
    """(n, 2): points of the outline, x and y in pixels."""
    fur: NDArray[np.float32]
    """(2, 3): two tones of the coat around the nose in linear light, 0…1."""


def _outline(rng: np.random.Generator) -> NDArray[np.float32]:
    """A rounded heart: broad above, narrower below, with an individual's irregularities."""
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    across, down = np.cos(angle), np.sin(angle)
    power = rng.uniform(0.72, 0.88)
    x = np.sign(across) * np.abs(across) ** power
    y = np.sign(down) * np.abs(down) ** power
    x *= (
        1
        - rng.uniform(0.10, 0.26) * np.clip(y, 0, 1) ** 1.5
        - rng.uniform(0.02, 0.10) * np.clip(-y, 0, 1) ** 2
    )
    for order in range(2, 6):
        size, phase = rng.normal(0, 0.018), rng.uniform(0, 2 * np.pi)
        x *= 1 + size * np.cos(order * angle + phase)
        y *= 1 + size * np.cos(order * angle + phase)
    aspect = rng.uniform(0.72, 0.90)
    points = np.stack([x, y * aspect], 1) * NOSE_WIDTH / 2
    return np.asarray(points + np.array([WIDTH / 2, HEIGHT / 2]), np.float32)


def _nostrils(rng: np.random.Generator, half: float) -> tuple[Field, Field]:
    """The openings (0…1) and the folds that run sideways from them, which make the comma (0…1)."""
    openings = np.zeros((HEIGHT, WIDTH), np.uint8)
    folds = np.zeros((HEIGHT, WIDTH), np.uint8)
    apart, level = rng.uniform(0.41, 0.56), rng.uniform(0.04, 0.22)
    size, slant = rng.uniform(0.15, 0.25), rng.uniform(-35, 35)
    for side in (-1, 1):
        x = WIDTH / 2 + side * half * (apart + rng.normal(0, 0.02))
        y = HEIGHT / 2 + half * (level + rng.normal(0, 0.02))
        axes = (half * size * rng.uniform(0.9, 1.1), half * size * rng.uniform(0.75, 1.4))
        centre = (round(x * 16), round(y * 16))
        cv2.ellipse(
            openings,
            centre,
            (round(axes[0] * 16), round(axes[1] * 16)),
            side * slant,
            0,
            360,
            255,
            -1,
            cv2.LINE_AA,
            4,
        )
        steps = np.linspace(0, 1, 12)
        reach, sag = half * rng.uniform(0.28, 0.42), half * rng.uniform(-0.02, 0.14)
        tail_x = x + side * (0.3 * axes[0] + reach * steps)
        tail_y = y + axes[1] * 0.55 + sag * np.sin(np.pi * steps) - half * rng.uniform(0.0, 0.18) * steps**2
        for number, (before, after) in enumerate(zip(range(11), range(1, 12), strict=True)):
            start = (round(tail_x[before]), round(tail_y[before]))
            end = (round(tail_x[after]), round(tail_y[after]))
            cv2.line(
                folds, start, end, 255, max(round(half * 0.13 * (1 - number / 12) ** 1.5), 1), cv2.LINE_AA
            )
    blur = rng.uniform(2.5, 5.0)
    return (
        np.asarray(cv2.GaussianBlur(openings, (0, 0), blur) / 255, np.float32),
        np.asarray(cv2.GaussianBlur(folds, (0, 0), 2.2) / 255, np.float32),
    )


def _philtrum(rng: np.random.Generator, half: float) -> Field:
    """The groove from between the nostrils to the lip, 0…1."""
    lines = np.zeros((HEIGHT, WIDTH), np.uint8)
    top = HEIGHT / 2 + half * rng.uniform(-0.15, 0.25)
    y = np.linspace(top, HEIGHT * 0.97, 24)
    drift = np.cumsum(rng.normal(0, 0.9, 24))
    x = WIDTH / 2 + rng.normal(0, 4) + drift - drift[12]
    widths = np.linspace(1.5, rng.uniform(4, 8), 24)
    for index in range(23):
        start, end = (round(x[index]), round(y[index])), (round(x[index + 1]), round(y[index + 1]))
        cv2.line(lines, start, end, 255, max(round(widths[index]), 1), cv2.LINE_AA)
    depth = rng.uniform(0.6, 1.0)
    return np.asarray(cv2.GaussianBlur(lines, (0, 0), 2.0) * (depth / 255), np.float32)


def _bulge(rng: np.random.Generator, inside: Field, openings: Field, half: float) -> Field:
    """A dome with two wings about the nostrils."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x, y = (columns - WIDTH / 2) / half, (rows - HEIGHT / 2) / half
    dome = np.sqrt(np.clip(1.15 - x**2 * rng.uniform(0.75, 0.95) - (y / 0.85) ** 2 * 0.8, 0.02, None))
    wings = sum(np.exp(-(((x - side * 0.68) / 0.26) ** 2) - ((y - 0.05) / 0.32) ** 2) for side in (-1, 1))
    surface = half * (rng.uniform(0.55, 0.8) * dome + rng.uniform(0.04, 0.12) * wings)
    surface += half * 0.03 * smooth_noise(rng, WIDTH, HEIGHT, 110)
    surface -= 0.20 * half * cv2.GaussianBlur(openings, (0, 0), 8)
    rim = smoothstep(inside, -4, 26)
    return np.asarray(cv2.GaussianBlur(surface * (0.75 + 0.25 * rim), (0, 0), 4), np.float32)


def _colour(rng: np.random.Generator, tone: Field, skin: Field) -> NDArray[np.float32]:
    """Pigment in linear light: a base, its drift over the nose, sometimes pink patches."""
    base = _LEATHER[rng.choice(len(_LEATHER), p=_LEATHER_SHARE)] * rng.uniform(0.75, 1.3)
    lightness = 1 + 0.18 * smooth_noise(rng, WIDTH, HEIGHT, 130) + 0.07 * tone
    lightness *= 0.86 + 0.14 * np.clip(skin, 0, 1)
    colour = base[None, None] * np.clip(lightness, 0.3, 1.8)[..., None]
    if rng.random() < 0.12:
        patch = smoothstep(smooth_noise(rng, WIDTH, HEIGHT, rng.uniform(60, 160)), 0.9, 1.15)[..., None]
        colour = colour * (1 - patch) + _PINK * patch
    return np.asarray(np.clip(colour, 0.01, 1) ** 2.2, np.float32)


def grow_individual(seed: int, number: int) -> Individual:
    """The individual of this number; the same seed and number always give the same nose."""
    rng = np.random.default_rng([seed, number, 1])
    half = NOSE_WIDTH / 2
    outline = _outline(rng)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [outline.round().astype(np.int32)], 255)
    inside = np.asarray(cv2.GaussianBlur(signed_distance(mask), (0, 0), 2), np.float32)
    openings, folds = _nostrils(rng, half)
    philtrum = _philtrum(rng, half)
    skin = grow_skin(rng, WIDTH, HEIGHT, NOSE_WIDTH / rng.uniform(*CELLS_ACROSS))
    rows = np.mgrid[0:HEIGHT, 0:WIDTH][0].astype(np.float32)
    # Below the nostrils the skin is smoother, and about the openings too.
    below = smoothstep(rows + 18 * smooth_noise(rng, WIDTH, HEIGHT, 120), HEIGHT * 0.55, HEIGHT * 0.80)
    strength = rng.uniform(0.75, 1.25) * (1 - rng.uniform(0.35, 0.85) * below)
    strength *= 1 - 0.8 * smoothstep(openings, 0.02, 0.5)
    micro = skin.height * strength
    bulge = _bulge(rng, inside, openings, half)
    relief = 5.0 * micro + bulge - 16 * folds - 14 * philtrum - 30 * openings
    across = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    open_sky = 1 - 0.55 * strength * np.clip(1 - skin.height, 0, 1) - 0.75 * folds - 0.8 * philtrum
    open_sky = np.clip(open_sky, 0.06, 1) * (1 - 0.97 * smoothstep(openings, 0.15, 0.85))
    green = rng.uniform(0.72, 0.95)
    fur = rng.uniform(0.05, 0.95) * np.array([(1, green, green * rng.uniform(0.65, 1))])
    fur = np.vstack([fur, fur * rng.uniform(0.2, 0.7)])
    return Individual(
        relief=np.dstack([across, down, open_sky]).astype(np.float32),
        inside=inside,
        colour=_colour(rng, skin.tone, skin.height),
        bulge=bulge,
        outline=outline,
        fur=np.asarray(fur**1.5, np.float32),
    )
