"""The baseline: predict the breed and look its type up.

Breed probabilities come from a file, so that any classifier can be the baseline: a CSV with a column
``file`` and one column per breed. ``python -m services.traits.write_breeds`` writes one.
"""

import csv
from collections.abc import Collection, Mapping
from pathlib import Path

from services.facetype.catalogue.breed_table import BreedTable

BreedProbabilities = Mapping[str, Mapping[str, float]]
"""File → breed → probability."""


def read_breeds(path: Path, table: BreedTable) -> BreedProbabilities:
    """Read a file of breed probabilities.

    Raises:
        ValueError: it lacks the column of a photo or of a breed of the table.
    """
    ids = [breed.id for breed in table.breeds]
    with path.open(newline="") as lines:
        rows = csv.DictReader(lines)
        missing = {"file", *ids} - set(rows.fieldnames or ())
        if missing:
            raise ValueError(f"{path}: columns missing: {', '.join(sorted(missing))}")
        return {row["file"]: {name: float(row[name]) for name in ids} for row in rows}


def looked_up(probabilities: Mapping[str, float], table: BreedTable, unknown: Collection[str] = ()) -> str:
    """The type of the likeliest breed.

    Args:
        probabilities: breed → probability.
        table: breed → type.
        unknown: breeds that the classifier is taken not to know.
    """
    types = {breed.id: breed.type for breed in table.breeds}
    known = {name: value for name, value in probabilities.items() if name not in unknown}
    return types[max(known, key=lambda name: known[name])]
