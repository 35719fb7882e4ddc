"""Fur: the strokes of a coat, its ragged edge, and its colours."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from services.icon.painting.fields import Field, Vectors, f32, noise, pushed, smeared, standardised, unit
from shared.vocabulary import Colour, Fur

# What the coats look like in even light, sRGB 0-255: fur is darker and duller than its name.
TONES: dict[Colour, tuple[int, int, int]] = {
    Colour.BLACK: (40, 37, 38),
    Colour.WHITE: (218, 213, 204),
    Colour.GRAY: (130, 128, 128),
    Colour.BROWN: (92, 60, 42),
    Colour.RED: (160, 90, 46),
    Colour.TAN: (196, 152, 104),
    Colour.CREAM: (216, 196, 160),
}


@dataclass(frozen=True)
class Grain:
    """How a coat lies, in units of the icon's canvas."""

    stroke: float
    """Length of its hairs as seen."""
    clump: float
    """Width of its locks."""
    depth: float
    """Contrast of its hairs."""
    fringe: float
    """How far hairs stand out at the edge."""


GRAINS = {
    Fur.SHORT: Grain(stroke=4, clump=1.5, depth=0.05, fringe=2),
    Fur.LONG: Grain(stroke=26, clump=3.2, depth=0.13, fringe=22),
    Fur.CURLY: Grain(stroke=13, clump=5.5, depth=0.15, fringe=12),
}


def combed(rng: Generator, along: Vectors, fur: Fur, scale: float) -> Vectors:
    """The directions of the hairs: as the body gives them, ruffled; curls turn about themselves."""
    shape = along[0].shape
    if fur is Fur.CURLY:
        turn = noise(rng, shape, 7 * scale) * 2.0
    else:
        turn = noise(rng, shape, 16 * scale) * (0.16 if fur is Fur.SHORT else 0.34)
    c, s = np.cos(turn), np.sin(turn)
    return unit(c * along[0] - s * along[1], s * along[0] + c * along[1])


def strokes(rng: Generator, hairs: Vectors, fur: Fur, scale: float) -> Field:
    """The light and dark of hairs and locks: mean 0, standard deviation 1."""
    grain, shape = GRAINS[fur], hairs[0].shape
    fine = standardised(smeared(noise(rng, shape, 0.7), hairs, grain.stroke * scale))
    locks = standardised(smeared(noise(rng, shape, grain.clump * scale), hairs, grain.stroke * 1.3 * scale))
    mixed = fine + (0.35 if fur is Fur.SHORT else 1.3) * locks
    if fur is Fur.CURLY:
        # Each curl is a small ball: light on top, dark between.
        mixed += 0.9 * standardised(-np.abs(noise(rng, shape, 6.5 * scale)))
    return standardised(mixed)


def fringed(rng: Generator, mask: Field, hairs: Vectors, fur: Fur, scale: float, reach: float = 1.0) -> Field:
    """The mask with hairs that stand out over its edge."""
    shape = mask.shape
    streaks = smeared(noise(rng, shape, 0.9 * scale), hairs, GRAINS[fur].stroke * 0.8 * scale)
    locks = smeared(noise(rng, shape, GRAINS[fur].clump * 1.2 * scale), hairs, GRAINS[fur].stroke * scale)
    ragged = np.clip(0.5 + 0.28 * standardised(streaks) + 0.28 * standardised(locks), 0, 1.3)
    out = pushed(mask, hairs, (ragged * GRAINS[fur].fringe * scale * reach).astype(np.float32))
    return f32(np.maximum(out, mask * (mask > 0.98)))


def dyed(rng: Generator, colour: Colour, shape: tuple[int, int], scale: float) -> Field:
    """A coat's colour over a whole picture, uneven as coats are: shape (height, width, 3), 0…1."""
    base = np.array(TONES[colour], np.float32) / 255
    base = base * rng.normal(1, 0.05) + rng.normal(0, 0.006, 3).astype(np.float32)
    uneven = noise(rng, shape, 34 * scale)[..., None] * 0.05 + noise(rng, shape, 9 * scale)[..., None] * 0.03
    warm = noise(rng, shape, 46 * scale)[..., None] * np.array([0.018, 0.0, -0.018], np.float32)
    return f32(np.clip(base * (1 + uneven) + warm * base.mean(), 0.01, 1))
