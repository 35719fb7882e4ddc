"""The nearest of several colours, as people see it."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from shared.colour_space import difference, rgb_to_lab

Choice = TypeVar("Choice")
Rgb = tuple[int, int, int]


def nearest(colour: Rgb, choices: Mapping[Choice, Rgb]) -> Choice:
    """The choice whose colour is nearest in CIELAB (CIE 1976); the first of equals.

    Args:
        colour: sRGB, 0…255 a channel.
        choices: each choice with its sRGB colour; at least one.

    """
    keys = list(choices)
    labs = rgb_to_lab(np.array([choices[key] for key in keys], np.uint8))
    return keys[int(np.argmin(difference(labs, rgb_to_lab(np.array(colour, np.uint8)))))]
