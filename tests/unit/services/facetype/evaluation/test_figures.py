from pathlib import Path

import numpy as np
import pytest

from services.facetype.catalogue import Catalogue, load_catalogue
from services.facetype.evaluation.figures import confusion, figures, part_figures, type_figures
from services.facetype.evaluation.photos import CheckedPhoto
from services.facetype.evaluation.readings import Reading
from services.facetype.face import Outcome, Part
from shared.training.dataset import Split
from tests.unit.services.facetype.catalogue.catalogues import written


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return load_catalogue(written(tmp_path))


def reading(type_id: str, probabilities: list[float], lower: list[float] | None = None) -> Reading:
    photo = CheckedPhoto(
        "a.jpg", Path("a.jpg"), (10, 10), "breed", type_id, False, Split.VALIDATION, contradicted=False
    )
    names = ("round_smile", "square_smile", "frown")
    labels = ("round_smile_or_square_smile", "frown")
    parts = {} if lower is None else {Part.LOWER: dict(zip(labels, lower, strict=True))}
    told = dict(zip(names, probabilities, strict=True)) if probabilities else {}
    return Reading(photo, Outcome.OK, told, parts, 1.0)


def test_figures_of_answers() -> None:
    found = figures(np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]), np.array([0, 0, 1, 1]))
    assert found.n == 4
    assert found.accuracy == pytest.approx(75.0)
    # One class: 2 right, 1 taken wrongly (F1 0.8); the other: 1 of 2 (F1 2/3).
    assert found.macro_f1 == pytest.approx(100 * (0.8 + 2 / 3) / 2)
    # Alone in its bin each answer is off by its own doubt: (0.1 + 0.2 + 0.3 + 0.6) / 4.
    assert found.ece == pytest.approx(0.3)


def test_no_answers_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="no answers"):
        figures(np.zeros((0, 2)), np.zeros(0, int))


def test_types_count_where_a_face_was_found(catalogue: Catalogue) -> None:
    readings = [
        reading("frown", [0.1, 0.1, 0.8]),
        reading("round_smile", [0.2, 0.5, 0.3]),
        reading("round_smile", []),
    ]
    found = type_figures(readings, catalogue)
    assert (found.n, found.accuracy) == (2, 50.0)


def test_a_part_is_judged_by_what_it_can_tell(catalogue: Catalogue) -> None:
    readings = [
        reading("square_smile", [1.0, 0.0, 0.0], [0.9, 0.1]),  # Wrong type, and yet the mouth is right.
        reading("frown", [0.0, 0.0, 1.0], [0.7, 0.3]),
        reading("frown", [0.0, 0.0, 1.0]),  # The part was not found.
    ]
    found = part_figures(readings, catalogue, Part.LOWER)
    assert (found.n, found.accuracy) == (2, 50.0)


def test_confusion_counts_truth_by_answer() -> None:
    counts = confusion(["a", "a", "b"], ["a", "b", "b"], ["a", "b"])
    assert counts.tolist() == [[1, 1], [0, 1]]
