"""The evaluation on a tiny made data folder with the shipped weights."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from services.traits.classifier import TraitsClassifier
from services.traits.evaluate import (
    MODEL_FOLDER,
    Reading,
    blanks,
    dog_figures,
    evaluate,
    load_upright_photo,
    main,
    negative_figures,
    sharp,
    table,
)
from services.traits.training.photos import Photo, read_dogs, read_negatives
from shared.training.dataset import Split
from tests.unit.services.traits.made_data import make_data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("data"), {Split.VALIDATION: 2, Split.TRAIN: 1})


def photo(**known: int) -> Photo:
    return Photo("a.webp", Path("cats/a.webp"), 1.0, Split.VALIDATION, **known)


def test_squeezed_copies_get_their_proportions_back(data: Path) -> None:
    first = read_dogs(data)[0]
    assert load_upright_photo(first).shape == (375, 500, 3)
    assert sharp(first).shape == (300, 400, 3)


def test_a_photo_without_a_larger_copy_says_so() -> None:
    with pytest.raises(ValueError, match=r"no larger copy of a\.webp"):
        sharp(photo())


def test_figures_count_only_labelled_photos() -> None:
    answers = {
        "dog": np.array([[0.9], [0.4], [0.8]]),
        "breed": np.eye(120)[[3, 5, 5]],
        "ear": np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]),
        "fur": np.array([[0.8, 0.1, 0.1]] * 3),
        "pattern": np.full((3, 6), 1 / 6),
    }
    photos = [photo(breed=3, ear=0), photo(breed=4, ear=1), photo(breed=5)]
    figures = dog_figures(Reading(photos, answers, 12.34), threshold=0.5)
    assert figures["dog_found"] == pytest.approx(66.67)
    assert figures["breed_top1"] == pytest.approx(66.67)
    assert (figures["ear_photos"], figures["ear_top1"], figures["ear_macro_f1"]) == (2, 100.0, 100.0)
    assert figures["ear_ece"] == pytest.approx(0.15)
    assert "fur_top1" not in figures
    assert figures["milliseconds"] == 12.3


def test_refusals_are_told_apart_by_what_was_shown() -> None:
    photos = [photo(), photo(), Photo("b.webp", Path("objects/b.webp"), 1.0, Split.VALIDATION)]
    reading = Reading(photos, {"dog": np.array([[0.1], [0.9], [0.2]])}, 1.0)
    assert negative_figures(reading, 0.5) == {
        "photos": 3,
        "refused": 66.67,
        "cats_refused": 50.0,
        "things_refused": 100.0,
    }


def test_blanks_are_always_the_same() -> None:
    assert all((a == b).all() for a, b in zip(blanks(6), blanks(6), strict=True))


def test_every_way_of_reading_gets_a_row(data: Path) -> None:
    dogs = [p for p in read_dogs(data) if p.split == Split.VALIDATION]
    negatives = [p for p in read_negatives(data) if p.split == Split.VALIDATION]
    rows = evaluate(TraitsClassifier(MODEL_FOLDER), dogs, negatives)
    assert set(rows) == {
        *(f"{size}, {mode}" for size in ("224 px", "500 px") for mode in ("no box", "head box", "as served")),
        "no dog, no box",
        "no dog, box in the middle",
        "blank",
    }
    assert rows["224 px, as served"]["photos"] == 6
    assert rows["224 px, head box"]["photos"] == rows["500 px, as served"]["photos"] == 3
    text = table(rows)
    assert "224 px, head box: photos 3" in text
    assert "macro-F1" in text


def test_the_command_prints_and_writes_the_same(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    monkeypatch.setenv("PAWTRAIT_DATA", str(data))
    monkeypatch.setattr(sys, "argv", ["evaluate", "--out", str(out)])
    main()
    document = json.loads(out.read_text())
    printed = capsys.readouterr().out
    assert document["model"] in printed
    assert f"breed      {document['rows']['224 px, as served']['breed_top1']:6.2f} %" in printed


def test_no_data_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAWTRAIT_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setattr(sys, "argv", ["evaluate"])
    with pytest.raises(SystemExit):
        main()
    assert "no data at" in capsys.readouterr().err
