"""What the part reader learns from: parts of photos with a label each, and places that show no face.

They come from a COCO folder (:mod:`services.facetype.training.coco`). Its pictures without any annotation
show no face.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.facetype.catalogue import Catalogue
from services.facetype.face import Part
from services.facetype.training.coco import CocoPicture, read_coco
from shared.geometry import Box
from shared.training.dataset import Split


@dataclass(frozen=True, slots=True)
class Sample:
    """A face, or a place in a photo that shows none."""

    path: Path
    boxes: Mapping[Part, Box]
    labels: Mapping[Part, str]
    """Labels of the parts in the catalogue's words; empty: no face."""
    split: Split
    kind: str | None = None
    """A finer division of its type, where one is known: the breed."""

    @property
    def is_face(self) -> bool:
        """Whether a face is to be seen."""
        return bool(self.labels)


def read_samples(
    folder: Path, catalogue: Catalogue, left_out: Collection[str] = ()
) -> tuple[list[Sample], list[Path]]:
    """The faces of a COCO folder, and the pictures that show none.

    Args:
        folder: with ``annotations.json`` and ``images/``.
        catalogue: whose labels the categories must name; the name of a type stands for the label that
            files it.
        left_out: beginnings of the names of pictures that are not read.

    Raises:
        ValueError: no annotations, or a category that is no ``<label>/<part>`` of the catalogue.
    """
    samples: list[Sample] = []
    empty: list[Path] = []
    for picture in read_coco(folder):
        if picture.path.name.startswith(tuple(left_out)):
            continue
        samples += _faces(picture, catalogue)
        if not picture.parts:
            empty.append(picture.path)
    return samples, empty


def _faces(picture: CocoPicture, catalogue: Catalogue) -> list[Sample]:
    faces: dict[int, Sample] = {}
    for entry in picture.parts:
        try:
            label = catalogue.label_of(entry.part, entry.label)
        except KeyError as error:
            known = ", ".join(catalogue.labels(entry.part))
            raise ValueError(
                f"{picture.path.name}: {catalogue.label} knows no {entry.label} of {entry.part}, but {known}"
            ) from error
        face = faces.setdefault(entry.face, Sample(picture.path, {}, {}, picture.split))
        faces[entry.face] = Sample(
            face.path,
            {**face.boxes, entry.part: entry.box},
            {**face.labels, entry.part: label},
            face.split,
        )
    return list(faces.values())
