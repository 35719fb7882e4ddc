"""Labels from a survey: people vote on what a part of a photo shows, and a label wins by votes."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.facetype.catalogue.loading import CatalogueError
from services.facetype.catalogue.schema import Catalogue
from services.facetype.face import Part

COLUMNS = ("photo", "part", "label", "votes")
Ballots = Mapping[tuple[str, Part], Mapping[str, int]]
"""(photo, part) → label → votes."""


@dataclass(frozen=True, slots=True)
class Winner:
    """The label that won for one part of one photo."""

    photo: str
    part: Part
    label: str
    votes: int
    cast: int
    """All votes on this part of this photo."""


@dataclass(frozen=True, slots=True)
class Tie:
    """Labels that got the same, highest number of votes: nothing wins."""

    photo: str
    part: Part
    labels: tuple[str, ...]
    votes: int

    def __str__(self) -> str:
        return f"{self.photo}, {self.part}: {' and '.join(self.labels)} tie with {self.votes} votes each"


def read_votes(path: Path, catalogue: Catalogue) -> Ballots:
    """Read a survey's CSV (photo, part, label, votes); several lines on one label add up.

    A vote for a type that a part cannot tell from another counts for the label that stands for both.

    Raises:
        CatalogueError: the file cannot be read, lacks a column, or has lines that make no sense; the
            message names the file and every such line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            return _counted(path, csv.DictReader(lines), catalogue)
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CatalogueError(f"{path}: not a CSV file in UTF-8: {error}") from error


def _counted(path: Path, rows: "csv.DictReader[str]", catalogue: Catalogue) -> Ballots:
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise CatalogueError(f"{path}: column {', '.join(missing)} missing; needed are {', '.join(COLUMNS)}")
    ballots: dict[tuple[str, Part], dict[str, int]] = {}
    faults = []
    for row in rows:
        try:
            photo, part, label, votes = _vote(row, catalogue)
        except ValueError as error:
            faults.append(f"{path}, line {rows.line_num}: {error}")
            continue
        tally = ballots.setdefault((photo, part), {})
        tally[label] = tally.get(label, 0) + votes
    if faults:
        raise CatalogueError("\n".join(faults))
    return ballots


def _vote(row: Mapping[str, str | None], catalogue: Catalogue) -> tuple[str, Part, str, int]:
    photo, part_name, label_name, count = ((row[column] or "").strip() for column in COLUMNS)
    if not photo:
        raise ValueError("photo: empty")
    if part_name not in list(Part):
        raise ValueError(f"part: {part_name!r} is none; parts are {', '.join(Part)}")
    part = Part(part_name)
    try:
        label = catalogue.label_of(part, label_name)
    except KeyError as error:
        known = ", ".join(dict.fromkeys([*catalogue.labels(part), *catalogue.type_ids]))
        raise ValueError(
            f"label: {label_name!r} is unknown to {catalogue.label}; {part} has {known}"
        ) from error
    if not (count.isascii() and count.isdigit()):
        raise ValueError(f"votes: {count!r} is not a whole number of zero or more")
    return photo, part, label, int(count)


def elect(ballots: Ballots) -> tuple[list[Winner], list[Tie]]:
    """The label with the most votes of each part of each photo; ties and parts without a vote win nothing."""
    winners, ties = [], []
    for (photo, part), tally in ballots.items():
        most = max(tally.values())
        first = tuple(label for label, votes in tally.items() if votes == most)
        if len(first) == 1 and most > 0:
            winners.append(Winner(photo, part, first[0], most, sum(tally.values())))
        else:
            ties.append(Tie(photo, part, first, most))
    return winners, ties


def shares(winners: Iterable[Winner], catalogue: Catalogue) -> dict[Part, dict[str, float]]:
    """Part → label → its share of that part's winners, 0…1; parts without any are left out."""
    found = list(winners)
    result = {}
    for part in Part:
        own = [winner.label for winner in found if winner.part == part]
        if own:
            result[part] = {label: own.count(label) / len(own) for label in catalogue.labels(part)}
    return result


def write_labels(path: Path, winners: Sequence[Winner]) -> None:
    """Write photo, part, label, votes for the label and votes cast."""
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow((*COLUMNS, "cast"))
        for winner in winners:
            writer.writerow((winner.photo, winner.part, winner.label, winner.votes, winner.cast))
