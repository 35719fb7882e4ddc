"""Figures of merit: accuracy, macro-F1, expected calibration error."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]


def softmax(logits: Floats) -> NDArray[np.float64]:
    """(n, classes) logits → probabilities, rows sum to 1."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    return np.asarray(shifted / shifted.sum(1, keepdims=True), dtype=np.float64)


def top_k(scores: Floats, labels: Ints, k: int) -> float:
    """Share of rows of ``scores`` (n, classes) whose label is among the ``k`` highest."""
    best = np.argsort(-scores, 1)[:, :k]
    return float((best == labels[:, None]).any(1).mean())


def macro_f1(predicted: Ints, labels: Ints) -> float:
    """Mean over the classes that occur of the harmonic mean of precision and recall."""
    scores = []
    for label in np.unique(labels):
        hits = float(((predicted == label) & (labels == label)).sum())
        wrong = float(((predicted == label) != (labels == label)).sum())
        scores.append(2 * hits / (2 * hits + wrong))
    return float(np.mean(scores))


def calibration_error(probabilities: Floats, labels: Ints, bins: int = 15) -> float:
    """Expected calibration error of the top answer (Guo et al. 2017), with bins of equal width."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(float(right[places == place].mean()) - float(confidence[places == place].mean()))
        * float((places == place).mean())
        for place in np.unique(places)
    ]
    return float(sum(gaps))
