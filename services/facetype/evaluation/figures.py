"""Figures of merit of types and of parts over readings."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.facetype.catalogue import Catalogue
from services.facetype.evaluation.readings import Reading
from services.facetype.face import Part
from shared.figures import calibration_error, macro_f1

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figures:
    """How well answers fit the truth; shares are percentages, the calibration error a fraction."""

    n: int
    accuracy: float
    macro_f1: float
    ece: float

    def __str__(self) -> str:
        return f"{self.accuracy:.1f} · {self.macro_f1:.1f} · {self.ece:.3f} (n {self.n})"


def figures(probabilities: Floats, truth: NDArray[np.int64]) -> Figures:
    """Of (n, classes) probabilities and (n,) indices of what is right.

    Raises:
        ValueError: there is nothing to judge.
    """
    if len(truth) == 0:
        raise ValueError("no answers to judge")
    predicted = probabilities.argmax(1)
    return Figures(
        len(truth),
        100 * float((predicted == truth).mean()),
        100 * macro_f1(predicted, truth),
        calibration_error(probabilities, truth),
    )


def type_figures(readings: Sequence[Reading], catalogue: Catalogue) -> Figures:
    """Of the fused types over the photos on which a face was found."""
    read = [reading for reading in readings if reading.probabilities]
    rows = np.array([[reading.probabilities[name] for name in catalogue.type_ids] for reading in read])
    return figures(rows, np.array([catalogue.type_ids.index(reading.photo.type_id) for reading in read], int))


def part_figures(readings: Sequence[Reading], catalogue: Catalogue, part: Part) -> Figures:
    """Of one part's labels over the photos on which it was found."""
    labels = list(catalogue.labels(part))
    found = [reading for reading in readings if part in reading.parts]
    rows = np.array([[reading.parts[part][label] for label in labels] for reading in found])
    truth = [labels.index(catalogue.label_of(part, reading.photo.type_id)) for reading in found]
    return figures(rows, np.array(truth, int))


def confusion(truth: Sequence[str], predicted: Sequence[str], classes: Sequence[str]) -> NDArray[np.int64]:
    """(classes, classes) counts: rows are the truth, columns what was answered."""
    counts = np.zeros((len(classes), len(classes)), np.int64)
    for (right, answer), count in Counter(zip(truth, predicted, strict=True)).items():
        counts[classes.index(right), classes.index(answer)] = count
    return counts
