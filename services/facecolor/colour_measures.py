"""How well names fit labels: macro-F1 and calibration."""

import numpy as np
from numpy.typing import NDArray

Classes = NDArray[np.intp]


def macro_f1(labels: Classes, answers: Classes) -> float:
    """F1 of each class that is labelled at least once, averaged without weights, 0…1."""
    scores = []
    for name in np.unique(labels):
        hits = float(((labels == name) & (answers == name)).sum())
        scores.append(2 * hits / float((labels == name).sum() + (answers == name).sum()))
    return float(np.mean(scores))


def calibration_error(probabilities: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error (Naeini et al., 2015) over equally filled bins, 0…1.

    Args:
        probabilities: of the answers given, shape (n,).
        right: whether each answer was right, shape (n,).
        bins: bins of equal count, so that a sparse bin does not count as much as chance makes of it.
    """
    parts = np.array_split(np.argsort(probabilities, kind="stable"), bins)
    gaps = [
        len(part) * abs(float(probabilities[part].mean()) - float(right[part].mean()))
        for part in parts
        if len(part)
    ]
    return float(sum(gaps) / len(probabilities))


def chance_calibration_error(probabilities: NDArray[np.float64], bins: int = 10, draws: int = 300) -> float:
    """The calibration error that perfectly calibrated answers would show on so few photos.

    Mean over simulated outcomes, each answer being right with its own probability. A measured error
    near it is no sign of bad calibration.
    """
    rng = np.random.default_rng(0)
    errors = [
        calibration_error(probabilities, rng.uniform(size=len(probabilities)) < probabilities, bins)
        for _ in range(draws)
    ]
    return float(np.mean(errors))
