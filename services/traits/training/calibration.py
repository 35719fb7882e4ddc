"""From logits on photos kept out of training to the numbers that make probabilities honest."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.traits.training.photos import Photo
from shared.training.calibration import platt, temperature

Logits = dict[str, NDArray[np.float32]]
"""Task → (photos, classes)."""


def dog_probability(logits: Logits, calibration: dict[str, Any]) -> NDArray[np.float64]:
    """(n,) probabilities of a dog under ``calibration`` as ``calibrate`` gives it."""
    logit = logits["dog"][:, 0].astype(np.float64) * calibration["dog_scale"] + calibration["dog_shift"]
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -50, 50))), dtype=np.float64)


def best_threshold(dogs: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """The probability that best parts ``dogs`` from ``others``, both counting the same.

    Where several part them equally well, the one in the middle.
    """
    candidates = np.linspace(0.02, 0.98, 193)
    kept = (dogs[None] >= candidates[:, None]).mean(1)
    refused = (others[None] < candidates[:, None]).mean(1)
    quality = kept + refused
    best = candidates[quality >= quality.max() - 1e-12]
    return round(float(np.median(best)), 3)


def calibrate(logits: Logits, photos: Sequence[Photo]) -> dict[str, Any]:
    """Fit everything for one way of reading; the keys are those of ``classifier.Calibration``.

    Raises:
        ValueError: no photo has a label for one of the tasks.
    """
    temperatures = {}
    for task in ("breed", "ear", "fur", "pattern"):
        labels = np.array([getattr(photo, task) for photo in photos], dtype=np.int64)
        known = labels >= 0
        if not known.any():
            raise ValueError(f"no photo with a label for {task}")
        temperatures[task] = round(temperature(logits[task][known], labels[known]), 4)
    scale, shift = platt(logits["dog"][:, 0], np.array([photo.is_dog for photo in photos]))
    return {"temperatures": temperatures, "dog_scale": round(scale, 5), "dog_shift": round(shift, 5)}
