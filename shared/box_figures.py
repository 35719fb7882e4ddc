"""Figures of merit of detectors, and how sure a share of counted cases is."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from shared.geometry import Box

RIGHT_IOU = 0.5
"""Overlap with a true box from which a found one is right."""


class ScoredBox(Protocol):
    """A box with how sure the detector is of it."""

    @property
    def box(self) -> Box:
        """Where."""
        ...

    @property
    def confidence(self) -> float:
        """How sure."""
        ...


class Findings(Protocol):
    """What was found in one picture, the surest first, and what is in it."""

    @property
    def found(self) -> Sequence[ScoredBox]:
        """The boxes reported."""
        ...

    @property
    def truth(self) -> Sequence[Box]:
        """The boxes that are there."""
        ...


def average_precision(results: Sequence[Findings], iou: float = RIGHT_IOU) -> float:
    """Area under the interpolated precision-recall curve over all pictures, 0…1.

    Boxes of all pictures are ranked together; each takes the unfound true box that it overlaps most.
    """
    ranked: list[tuple[float, bool]] = []
    for result in results:
        free = list(result.truth)
        for one in result.found:
            best = max(free, key=one.box.iou, default=None)
            right = best is not None and one.box.iou(best) >= iou
            if right and best is not None:
                free.remove(best)
            ranked.append((one.confidence, right))
    total = sum(len(result.truth) for result in results)
    if not ranked or not total:
        return 0.0
    ranked.sort(key=lambda item: -item[0])
    right_so_far = np.cumsum([right for _, right in ranked])
    recall = right_so_far / total
    precision = right_so_far / np.arange(1, len(ranked) + 1)
    # At each recall the best precision at that recall or beyond.
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(np.concatenate([[0.0], recall])) * envelope))


def wilson_interval(count: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The range of shares, 0…1, that ``count`` of ``total`` cases speaks for (Wilson 1927).

    Args:
        z: 1.96 for 95 %.

    Raises:
        ValueError: ``count`` is not between 0 and ``total``, or there are no cases.
    """
    if total < 1 or not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is no share")
    share = count / total
    middle = share + z * z / (2 * total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max((middle - reach) / scale, 0.0), min((middle + reach) / scale, 1.0)


def share_text(count: int, total: int) -> str:
    """A share with its counts and 95 % interval, as text."""
    if not total:
        return "–"
    low, high = wilson_interval(count, total)
    return f"{100 * count / total:5.1f} % ({count}/{total}; {100 * low:.1f} to {100 * high:.1f})"
