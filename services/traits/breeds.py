"""The breeds as data: what each is called and how it typically looks."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from shared.vocabulary import Ear, Fur, HeadShape, Pattern

TABLE = Path(__file__).with_name("breeds.yaml")


@dataclass(frozen=True, slots=True)
class Breed:
    """One row of the breed table."""

    id: str
    """Lower snake case, for programs."""
    name: str
    """For people."""
    synset: str
    """The WordNet id under which ImageNet and Stanford Dogs file it."""
    ear: Ear
    fur: Fur
    pattern: Pattern
    head: HeadShape
    beard: bool


@cache
def load_breeds(table: Path = TABLE) -> tuple[Breed, ...]:
    """Read a breed table.

    Raises:
        ValueError: a row lacks a field, has an unknown word, or repeats an id or synset.
    """
    rows = yaml.safe_load(table.read_text(encoding="utf-8"))
    breeds = []
    for number, row in enumerate(rows, 1):
        try:
            breeds.append(
                Breed(
                    id=row["id"],
                    name=row["name"],
                    synset=row["synset"],
                    ear=Ear(row["ear"]),
                    fur=Fur(row["fur"]),
                    pattern=Pattern(row["pattern"]),
                    head=HeadShape(row["head"]),
                    beard=bool(row["beard"]),
                )
            )
        except (KeyError, ValueError) as error:
            raise ValueError(f"{table.name}, breed {number}: {error}") from error
    for kind in ("id", "synset"):
        if len({getattr(breed, kind) for breed in breeds}) != len(breeds):
            raise ValueError(f"{table.name}: a {kind} occurs twice")
    return tuple(breeds)


BREEDS = load_breeds()
"""The shipped table, in the order of the network's breed head."""
