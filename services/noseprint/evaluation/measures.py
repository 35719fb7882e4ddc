"""Figures of merit of verification and of open-set identification."""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]
Flags = NDArray[np.bool_]


def area_under_curve(scores: Scores, same: Flags) -> float:
    """Chance that a genuine pair scores above an impostor, ties counted half; NaN without both kinds."""
    genuine, impostor = np.asarray(scores[same], np.float64), np.sort(np.asarray(scores[~same], np.float64))
    if not len(genuine) or not len(impostor):
        return float("nan")
    below = np.searchsorted(impostor, genuine, "left")
    up_to = np.searchsorted(impostor, genuine, "right")
    return float((below + up_to).mean() / (2 * len(impostor)))


def threshold_at(impostor: Scores, rate: float) -> float:
    """The least score above which at most a share ``rate`` of impostor scores lies."""
    ordered = np.sort(np.asarray(impostor, np.float64))[::-1]
    return float(ordered[min(int(rate * len(ordered)), len(ordered) - 1)])


def true_accept_rate(scores: Scores, same: Flags, false_accept_rate: float) -> float:
    """Share of genuine pairs above the threshold that lets ``false_accept_rate`` of impostors through.

    With fewer impostors than 1 / rate the threshold is the highest impostor score. NaN without both kinds.
    """
    if same.all() or not same.any():
        return float("nan")
    return float((scores[same] > threshold_at(scores[~same], false_accept_rate)).mean())


def equal_error_rate(scores: Scores, same: Flags) -> float:
    """Error rate where as large a share of genuine pairs is refused as of impostors accepted."""
    if same.all() or not same.any():
        return float("nan")
    genuine, impostor = np.sort(scores[same]), np.sort(scores[~same])
    places = np.unique(scores)
    refused = np.searchsorted(genuine, places, "left") / len(genuine)
    accepted = 1 - np.searchsorted(impostor, places, "left") / len(impostor)
    nearest = int(np.argmin(np.abs(refused - accepted)))
    return float((refused[nearest] + accepted[nearest]) / 2)
