"""From logits on photos kept out of training to the numbers that make probabilities honest."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.traits.figures import softmax
from services.traits.training.photos import Photo

Logits = dict[str, NDArray[np.float32]]
"""Task → (photos, classes)."""

TEMPERATURES = np.exp(np.linspace(np.log(0.1), np.log(5.0), 400))


def temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The divisor of ``logits`` (n, classes) under which ``labels`` (n,) are likeliest (Guo et al. 2017)."""
    rows = np.arange(len(labels))
    losses = [-np.log(softmax(logits / t)[rows, labels] + 1e-12).mean() for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def platt(logits: NDArray[np.float32], labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Scale and shift of (n,) logits so that their sigmoid is the probability of a dog (Platt 1999).

    Dogs and others count the same in sum, however many there are, and Platt's softened targets keep
    the scale finite when they separate perfectly.
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    target = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    weight = np.where(labels, 0.5 / max(positives, 1), 0.5 / max(negatives, 1))
    # Newton's method from zero on standardised logits: far from zero the sigmoid is flat.
    centre, spread = float(logits.mean()), max(float(logits.std()), 1e-6)
    x = np.stack([(logits.astype(np.float64) - centre) / spread, np.ones(len(logits))], 1)
    beta = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        gradient = x.T @ (weight * (p - target))
        curvature = (x * (weight * p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(2)
        beta -= np.clip(np.linalg.solve(curvature, gradient), -2.0, 2.0)
    return float(beta[0] / spread), float(beta[1] - beta[0] * centre / spread)


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
