"""A training set as a COCO-format folder: ``annotations.json``, ``images/``, categories ``<label>/<part>``.

The split of a picture follows from its file name (:func:`shared.training.dataset.split_of`), as everywhere
in this project. A picture without annotations is a negative: it shows no face at all.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.facetype.face import Part
from shared.geometry import Box
from shared.training.dataset import Split, split_of

FILE, IMAGES = "annotations.json", "images"
SEPARATOR = "/"


@dataclass(frozen=True, slots=True)
class LabelledPart:
    """A part of a face with its box and the label that the part has.

    ``face`` numbers the face that the part belongs to within its picture.
    """

    label: str
    part: Part
    box: Box
    face: int = 0


@dataclass(frozen=True, slots=True)
class CocoPicture:
    """One picture of the set."""

    path: Path
    width: int
    height: int
    parts: tuple[LabelledPart, ...]

    @property
    def split(self) -> Split:
        """What the picture may be used for."""
        return split_of(self.path)


def category_of(label: str, part: Part) -> str:
    """The name of a category."""
    return f"{label}{SEPARATOR}{part.value}"


def read_category(name: str) -> tuple[str, Part]:
    """Label and part of a category.

    Raises:
        ValueError: it is not ``<label>/<part>``.
    """
    label, separator, part = name.rpartition(SEPARATOR)
    if not separator or not label or part not in {known.value for known in Part}:
        raise ValueError(f"category {name!r} is not <label>/<part> with a part of {', '.join(Part)}")
    return label, Part(part)


def write_coco(folder: Path, pictures: Iterable[CocoPicture], description: str = "") -> None:
    """Write ``annotations.json``; the pictures themselves already lie in ``images/``."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    categories: dict[str, int] = {}
    for picture in sorted(pictures, key=lambda entry: entry.path.name):
        identifier = len(images) + 1
        images.append(
            {
                "id": identifier,
                "file_name": picture.path.name,
                "width": picture.width,
                "height": picture.height,
            }
        )
        for part in picture.parts:
            category = categories.setdefault(category_of(part.label, part.part), len(categories) + 1)
            width = (part.box.x_max - part.box.x_min) * picture.width
            height = (part.box.y_max - part.box.y_min) * picture.height
            corner = part.box.x_min * picture.width, part.box.y_min * picture.height
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": identifier,
                    "category_id": category,
                    "bbox": [round(value, 2) for value in (*corner, width, height)],
                    "area": round(width * height, 2),
                    "iscrowd": 0,
                    "face": part.face,
                }
            )
    document = {
        "info": {"description": description},
        "images": images,
        "annotations": annotations,
        "categories": [
            {"id": number, "name": name, "supercategory": read_category(name)[1].value}
            for name, number in categories.items()
        ],
    }
    (folder / FILE).write_text(json.dumps(document), encoding="utf-8")


def read_coco(folder: Path) -> list[CocoPicture]:
    """The pictures of a set, by file name.

    Annotations without ``face`` (not part of COCO) count as parts of one face a picture.

    Raises:
        ValueError: the file is no COCO file of such categories, or names a picture that is not there.
    """
    path = folder / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        categories = {entry["id"]: read_category(entry["name"]) for entry in document["categories"]}
        sizes = {entry["id"]: (entry["width"], entry["height"]) for entry in document["images"]}
        parts: dict[int, list[LabelledPart]] = defaultdict(list)
        for entry in document["annotations"]:
            box = _fractions(entry["bbox"], *sizes[entry["image_id"]])
            if box is not None and not entry.get("iscrowd", 0):
                label, part = categories[entry["category_id"]]
                parts[entry["image_id"]].append(LabelledPart(label, part, box, entry.get("face", 0)))
        pictures = [
            CocoPicture(
                folder / IMAGES / entry["file_name"],
                entry["width"],
                entry["height"],
                tuple(parts[entry["id"]]),
            )
            for entry in document["images"]
        ]
    except FileNotFoundError as error:
        raise ValueError(f"{folder} holds no {FILE}") from error
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a COCO file: {type(error).__name__}: {error}") from error
    missing = [picture.path.name for picture in pictures if not picture.path.is_file()]
    if missing:
        raise ValueError(f"{path} names {len(missing)} pictures that are not in {IMAGES}, as {missing[0]}")
    return sorted(pictures, key=lambda picture: picture.path.name)


def _fractions(bbox: list[float], width: int, height: int) -> Box | None:
    left, top, box_width, box_height = bbox
    edges = (left / width, top / height, (left + box_width) / width, (top + box_height) / height)
    x_min, y_min, x_max, y_max = (min(max(edge, 0.0), 1.0) for edge in edges)
    return Box(x_min, y_min, x_max, y_max) if x_min < x_max and y_min < y_max else None
