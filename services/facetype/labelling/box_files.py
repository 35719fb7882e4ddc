"""Files of boxes as the project's detectors write them: file, x_min, y_min, x_max, y_max, confidence."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from shared.geometry import Box


@dataclass(frozen=True, slots=True)
class FiledBox:
    """A box of a file; the confidence is 1 where the file has none."""

    box: Box
    confidence: float


def clipped(x_min: float, y_min: float, x_max: float, y_max: float) -> Box | None:
    """The part of a box that lies in the picture; None when nothing does."""
    edges = [min(max(edge, 0.0), 1.0) for edge in (x_min, y_min, x_max, y_max)]
    return Box(*edges) if edges[0] < edges[2] and edges[1] < edges[3] else None


def read_boxes(path: Path, least_confidence: float = 0.0) -> dict[str, list[FiledBox]]:
    """Boxes by file name, clipped to the picture, the surest first.

    A file whose rows hold no numbers, or no box of that confidence, has an empty list.

    Raises:
        ValueError: a column is missing.
    """
    boxes: dict[str, list[FiledBox]] = defaultdict(list)
    with path.open(newline="") as lines:
        reader = csv.DictReader(lines)
        missing = {"file", "x_min", "y_min", "x_max", "y_max"} - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{path.name} has no column {', '.join(sorted(missing))}")
        for row in reader:
            found = boxes[row["file"]]
            if not row["x_min"]:
                continue
            box = clipped(*(float(row[name]) for name in ("x_min", "y_min", "x_max", "y_max")))
            confidence = float(row.get("confidence") or 1.0)
            if box is not None and confidence >= least_confidence:
                found.append(FiledBox(box, confidence))
    return {file: sorted(found, key=lambda entry: -entry.confidence) for file, found in boxes.items()}


def boxes_only(found: dict[str, list[FiledBox]]) -> dict[str, list[Box]]:
    """The same without confidences."""
    return {file: [entry.box for entry in entries] for file, entries in found.items()}
