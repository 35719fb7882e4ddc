"""Average precision of detectors, and intervals of shares, on cases worked out by hand."""

from dataclasses import dataclass

import pytest

from shared.box_detection import FoundBox
from shared.box_figures import average_precision, share_text, wilson_interval
from shared.geometry import Box


@dataclass(frozen=True)
class Result:
    found: tuple[FoundBox, ...]
    truth: tuple[Box, ...]


def box(place: float) -> Box:
    return Box(place, 0.0, place + 0.1, 0.1)


def result(found: list[tuple[float, float]], truth: list[float]) -> Result:
    """Boxes at places along the top edge: (place, confidence) found, places true."""
    ranked = sorted(found, key=lambda item: -item[1])
    return Result(
        tuple(FoundBox(box(place), confidence) for place, confidence in ranked),
        tuple(box(place) for place in truth),
    )


def test_average_precision_of_known_cases() -> None:
    perfect = result([(0.1, 0.9), (0.5, 0.8)], [0.1, 0.5])
    assert average_precision([perfect]) == pytest.approx(1.0)
    assert average_precision([result([], [0.1])]) == 0.0
    assert average_precision([result([(0.1, 0.9)], [])]) == 0.0


def test_a_box_twice_or_a_wrong_one_first_costs_precision() -> None:
    perfect = result([(0.1, 0.9), (0.5, 0.8)], [0.1, 0.5])
    assert average_precision([result([(0.1, 0.9), (0.11, 0.8)], [0.1, 0.5])]) == pytest.approx(0.5)
    assert average_precision([result([(0.8, 0.9), (0.1, 0.8)], [0.1])]) == pytest.approx(0.5)
    ranked_between = [perfect, result([(0.1, 0.85)], [])]
    assert average_precision(ranked_between) == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_intervals_of_shares() -> None:
    # Agresti and Coull (1998) give 0 to 0.278 for none of ten.
    assert wilson_interval(0, 10) == pytest.approx((0.0, 0.278), abs=1e-3)
    assert wilson_interval(10, 10) == pytest.approx((0.722, 1.0), abs=1e-3)
    low, high = wilson_interval(90, 100)
    assert (low, high) == pytest.approx((0.826, 0.945), abs=1e-3)
    assert share_text(90, 100) == " 90.0 % (90/100; 82.6 to 94.5)"
    assert share_text(0, 0) == "–"


@pytest.mark.parametrize(("count", "total"), [(1, 0), (-1, 5), (6, 5)])
def test_what_is_no_share(count: int, total: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson_interval(count, total)
