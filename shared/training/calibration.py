"""From logits on photos kept out of training to the numbers that make probabilities honest."""

import numpy as np
from numpy.typing import NDArray

from shared.figures import softmax

TEMPERATURES = np.exp(np.linspace(np.log(0.1), np.log(5.0), 400))


def temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The divisor of ``logits`` (n, classes) under which ``labels`` (n,) are likeliest (Guo et al. 2017)."""
    rows = np.arange(len(labels))
    losses = [-np.log(softmax(logits / t)[rows, labels] + 1e-12).mean() for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def platt(logits: NDArray[np.float32], labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Scale and shift of (n,) logits so that their sigmoid is the probability of a positive (Platt 1999).

    Positives and others count the same in sum, however many there are, and Platt's softened targets keep
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
