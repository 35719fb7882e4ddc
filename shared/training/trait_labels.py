"""Labels of dogs' traits and colours made by eye: those given with the photos, and further ones for training.

The further ones, ``further_labels.csv`` beside this module, were made later over crops of heads, most of them
of photos on which the networks of the time were unsure. They are of training photos only: nothing is measured
on them. Traits are trained on them; colours are not, which did not gain by it.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from shared.training.dataset import Split, split_of

COLUMNS = ("file", "ear", "fur", "pattern", "primary", "secondary")
UNSEEN = "x"
"""Stands for what cannot be seen."""
GIVEN = "trait_labels.csv"
FURTHER = Path(__file__).with_name("further_labels.csv")


def read_label_rows(data: Path, further: Path = FURTHER) -> Iterator[dict[str, str]]:
    """Every labelled photo once, as a row of :data:`COLUMNS`; labels that came with the photos go first.

    Args:
        data: the data folder, with ``trait_labels.csv``.
        further: more labels in the same columns; those of photos that are labelled already are left out.

    Raises:
        FileNotFoundError: either file is missing.
        ValueError: a column is missing, or a further label is of a photo that is not for training.
    """
    given = set()
    for row in _rows(data / GIVEN):
        given.add(row["file"])
        yield row
    for row in _rows(further):
        if split_of(row["file"]) != Split.TRAIN:
            raise ValueError(f"{further.name}: {row['file']} is not for training")
        if row["file"] not in given:
            yield row


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path.name}: no column {', '.join(missing)}")
        yield from reader
