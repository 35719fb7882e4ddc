"""The table of figures that ``python -m services.facetype.evaluate`` prints."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.facetype.catalogue import Catalogue
from services.facetype.catalogue.breed_table import BreedTable
from services.facetype.evaluation.baseline import BreedProbabilities, looked_up
from services.facetype.evaluation.figures import part_figures, type_figures
from services.facetype.evaluation.readings import Reading
from services.facetype.face import Outcome, Part
from shared.training.dataset import Split

GROUPS: dict[str, Callable[[Reading], bool]] = {
    "trained breeds, validation photos": lambda r: not r.photo.held_out and r.photo.split is Split.VALIDATION,
    "held-out breeds, validation photos": lambda r: r.photo.held_out and r.photo.split is Split.VALIDATION,
    "held-out breeds, all photos": lambda r: r.photo.held_out,
}
"""The reader has seen none of these. The detector of heads, which drew the boxes of parts, has seen the
training photos of all breeds, so that only validation photos are new to every network."""


@dataclass
class Report:
    """Figures by name of the row, and the lines that show them."""

    rows: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def add(self, name: str, value: Any) -> None:
        """One more row."""
        self.rows[name] = value
        self.lines.append(f"  {name}: {value}")

    def text(self) -> str:
        """For people."""
        return "\n".join(self.lines)


def report(
    readings: Sequence[Reading], catalogue: Catalogue, table: BreedTable, breeds: BreedProbabilities | None
) -> Report:
    """Everything there is to say about readings; ``breeds`` adds the baseline."""
    result = Report()
    for name, belongs in GROUPS.items():
        own = [reading for reading in readings if belongs(reading)]
        if own:
            result.lines.append(f"{name} (accuracy % · macro-F1 · calibration error)")
            part_of = Report()
            _group(part_of, own, catalogue, table, breeds)
            result.rows[name] = part_of.rows
            result.lines += part_of.lines
    times = sorted(reading.milliseconds for reading in readings)
    if times:
        result.add("milliseconds a photo, median", round(float(np.median(times)), 1))
    return result


def _group(
    result: Report,
    own: Sequence[Reading],
    catalogue: Catalogue,
    table: BreedTable,
    breeds: BreedProbabilities | None,
) -> None:
    accepted = [reading for reading in own if reading.accepted]
    found = [reading for reading in own if reading.probabilities]
    if not accepted:
        result.add("photos", f"{len(own)}, none accepted")
        return
    outcomes = Counter(reading.outcome for reading in own)
    refused = ", ".join(f"{outcome} {outcomes[outcome]}" for outcome in Outcome if outcome in outcomes)
    result.add("photos", len(own))
    result.add("outcomes", refused)
    result.add("accepted %", round(100 * len(accepted) / len(own), 1))
    result.add("type, accepted by the gate", str(type_figures(accepted, catalogue)))
    result.add("type, without the gate, face found", str(type_figures(found, catalogue)))
    right = sum(reading.type_id == reading.photo.type_id for reading in own)
    result.add("type, without the gate, all photos", f"{100 * right / len(own):.1f} (n {len(own)})")
    sure = [reading for reading in accepted if not reading.photo.contradicted]
    if len(sure) < len(accepted):
        result.add(
            "type, accepted, without the dogs whose labelled ears contradict the table",
            str(type_figures(sure, catalogue)),
        )
    for part in Part:
        if any(part in reading.parts for reading in accepted):
            result.add(f"{part}, accepted", str(part_figures(accepted, catalogue, part)))
    if breeds is not None:
        _baseline(result, accepted, table, breeds)
    per_type = {}
    for type_id in catalogue.type_ids:
        hits = [reading.type_id == type_id for reading in accepted if reading.photo.type_id == type_id]
        if hits:
            per_type[type_id] = round(100 * float(np.mean(hits)), 1)
    result.add("recall by type", per_type)
    if accepted[0].photo.held_out:
        per_breed: dict[str, list[bool]] = {}
        for reading in accepted:
            per_breed.setdefault(reading.photo.breed, []).append(reading.type_id == reading.photo.type_id)
        result.add("by breed", {name: round(100 * float(np.mean(hit)), 1) for name, hit in per_breed.items()})


def _baseline(
    result: Report, readings: Sequence[Reading], table: BreedTable, breeds: BreedProbabilities
) -> None:
    known = [reading for reading in readings if reading.photo.file in breeds]
    if not known:
        return
    held_out = {breed.id for breed in table.breeds if breed.held_out}

    def accuracy(unknown: set[str]) -> str:
        hits = [looked_up(breeds[r.photo.file], table, unknown) == r.photo.type_id for r in known]
        return f"{100 * float(np.mean(hits)):.1f} (n {len(hits)})"

    result.add("baseline, breed predicted and looked up", accuracy(set()))
    if any(reading.photo.held_out for reading in known):
        result.add("baseline, among the trained breeds only", accuracy(held_out))
