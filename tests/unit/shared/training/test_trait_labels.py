"""Labels of traits: those given with the photos, and the further ones for training."""

from pathlib import Path

import pytest

from shared.training.dataset import Split, split_of
from shared.training.trait_labels import COLUMNS, FURTHER, UNSEEN, read_label_rows
from shared.vocabulary import Colour, Ear, Fur, Pattern

HEADER = ",".join(COLUMNS)


def of_split(split: Split) -> str:
    """Name of a photo that falls into ``split``."""
    return next(name for name in (f"n1_{number}.webp" for number in range(500)) if split_of(name) == split)


def label_files(folder: Path, given: str, further: str) -> Path:
    (folder / "trait_labels.csv").write_text(f"{HEADER}\n{given}\n")
    path = folder / "further.csv"
    path.write_text(f"{HEADER}\n{further}\n")
    return path


def test_further_labels_follow_the_given_ones_and_never_replace_them(tmp_path: Path) -> None:
    photos = [name for name in (f"n1_{number}.webp" for number in range(50)) if split_of(name) == Split.TRAIN]
    both, further = photos[:2]
    path = label_files(
        tmp_path,
        f"{both},up,short,none,white,-",
        f"{both},down,long,none,black,-\n{further},down,curly,none,tan,cream",
    )
    rows = list(read_label_rows(tmp_path, path))
    assert [(row["file"], row["ear"], row["primary"]) for row in rows] == [
        (both, "up", "white"),
        (further, "down", "tan"),
    ]


@pytest.mark.parametrize("split", [Split.DEV, Split.VALIDATION])
def test_nothing_is_measured_on_further_labels(tmp_path: Path, split: Split) -> None:
    path = label_files(tmp_path, "a.webp,up,short,none,white,-", f"{of_split(split)},up,short,none,white,-")
    with pytest.raises(ValueError, match="not for training"):
        list(read_label_rows(tmp_path, path))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "trait_labels.csv").write_text("file,ear,fur,pattern,primary\na.webp,up,short,none,white\n")
    with pytest.raises(ValueError, match="no column secondary"):
        list(read_label_rows(tmp_path))


def test_what_ships_keeps_to_the_vocabulary_and_to_training_photos(tmp_path: Path) -> None:
    (tmp_path / "trait_labels.csv").write_text(HEADER + "\n")
    rows = list(read_label_rows(tmp_path, FURTHER))
    assert len(rows) > 2000
    assert len({row["file"] for row in rows}) == len(rows)
    for name, words in (("ear", Ear), ("fur", Fur), ("pattern", Pattern), ("primary", Colour)):
        known = {str(word) for word in words} | {UNSEEN}
        assert {row[name] for row in rows} <= known, name
    assert {row["secondary"] for row in rows} <= {str(word) for word in Colour} | {UNSEEN, "-"}
    assert all(row["secondary"] != row["primary"] or row["primary"] == UNSEEN for row in rows)
