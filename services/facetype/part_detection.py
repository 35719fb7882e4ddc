"""Finding faces and their parts in a photo."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path

from services.facetype import face_look
from services.facetype.face import DetectedPart, Part
from services.facetype.face_look import FaceLooks, Look
from shared.box_detection import FoundBox, OnnxBoxDetector
from shared.geometry import Box, RgbImage

MODEL_FILE = "parts.onnx"


class Kind(IntEnum):
    """The classes of the detector, by their index in its output."""

    WHOLE = 0
    T_ZONE = 1
    LOWER = 2
    CUT = 3
    """What shows of a face that the frame cuts."""


KIND_OF_PART: Mapping[Part, Kind] = {
    Part.WHOLE: Kind.WHOLE,
    Part.T_ZONE: Kind.T_ZONE,
    Part.LOWER: Kind.LOWER,
}
SAME_FACE = 0.55
"""Share of the smaller of two boxes of faces inside the other from which both are one face."""
PART_INSIDE = 0.6
"""Share of a part's box that must lie in the box of its face."""
LOOKED_AT = 3
"""How many of the largest likely faces get a second look: the gate asks for one."""
LIKELY = 0.05
"""Confidence from which a face is likely."""


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face in a photo, whole or cut by the frame.

    ``confidence`` is that there is a face at all, ``whole`` and ``cut`` that it is whole or cut: all
    calibrated, 0…1.
    """

    box: Box
    whole: float
    cut: float
    parts: Mapping[Part, DetectedPart] = field(default_factory=dict)
    """T-zone and lower face as far as they were found in it, and the whole face itself."""
    look: Look = field(default_factory=Look)
    """What it looks like close up, where the catalogue has a network for that."""

    @property
    def confidence(self) -> float:
        """That this is a face, whole or not."""
        return max(self.whole, self.cut)


def shared_area(one: Box, other: Box) -> float:
    """Area that two boxes have in common, as a share of the picture."""
    width = min(one.x_max, other.x_max) - max(one.x_min, other.x_min)
    height = min(one.y_max, other.y_max) - max(one.y_min, other.y_min)
    return max(width, 0.0) * max(height, 0.0)


def same_face(one: Box, other: Box) -> bool:
    """Whether two boxes are of one face: the smaller lies mostly in the larger."""
    return shared_area(one, other) > SAME_FACE * min(one.area, other.area)


def _part_of(face: Box, found: Iterable[FoundBox], kind: Kind) -> FoundBox | None:
    """The surest box of a class that lies in the face."""
    inside = [
        one for one in found if one.kind == kind and shared_area(one.box, face) >= PART_INSIDE * one.box.area
    ]
    return max(inside, key=lambda one: one.confidence, default=None)


def faces_of(found: Iterable[FoundBox]) -> list[FoundFace]:
    """The faces that boxes of all classes make, the surest first."""
    boxes = sorted(found, key=lambda one: -one.confidence)
    groups: list[list[FoundBox]] = []
    for one in boxes:
        if one.kind not in (Kind.WHOLE, Kind.CUT):
            continue
        group = next((group for group in groups if same_face(group[0].box, one.box)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    faces = []
    for group in groups:
        whole = max((one.confidence for one in group if one.kind == Kind.WHOLE), default=0.0)
        cut = max((one.confidence for one in group if one.kind == Kind.CUT), default=0.0)
        box = group[0].box
        parts = {Part.WHOLE: DetectedPart(Part.WHOLE, box, max(whole, cut))}
        for part in (Part.T_ZONE, Part.LOWER):
            inside = _part_of(box, boxes, KIND_OF_PART[part])
            if inside is not None:
                parts[part] = DetectedPart(part, inside.box, inside.confidence)
        faces.append(FoundFace(box, whole, cut, parts))
    return sorted(faces, key=lambda face: -face.confidence)


def looked_at(faces: list[FoundFace], image: RgbImage, looks: FaceLooks) -> list[FoundFace]:
    """The faces, the largest likely ones with a second look."""
    likely = [place for place, face in enumerate(faces) if face.confidence >= LIKELY]
    chosen = sorted(likely, key=lambda place: -faces[place].box.area)[:LOOKED_AT]
    found = looks.look(image, [faces[place].box for place in chosen])
    result = list(faces)
    for place, look in zip(chosen, found, strict=True):
        result[place] = replace(faces[place], look=look)
    return result


class PartDetector:
    """A small YOLO trained on parts of faces, run by ONNX Runtime. Thread-safe.

    Where ``looks.onnx`` lies beside the model, likely faces get a second look.

    Args:
        model: ``parts.onnx`` or the catalogue folder it lies in.
        threads: cores that one call may use.
        threshold: confidence from which a box is looked at; the model's own when None.

    Raises:
        FileNotFoundError: there is no model file.
    """

    def __init__(self, model: Path, threads: int = 1, threshold: float | None = None) -> None:
        file = model / MODEL_FILE if model.is_dir() else model
        self._boxes = OnnxBoxDetector(file, threads, threshold)
        looks = file.parent / face_look.MODEL_FILE
        self._looks = FaceLooks(looks, threads) if looks.is_file() else None
        self.name = self._boxes.name
        self.version = self._boxes.version
        self.threshold = self._boxes.threshold

    def faces(self, image: RgbImage) -> list[FoundFace]:
        """Faces in an upright picture, whole or cut, the surest first; an empty list when there is none.

        Args:
            image: shape (height, width, 3), uint8, RGB.

        Raises:
            ValueError: not such an array.
        """
        faces = faces_of(self._boxes.find(image))
        return faces if self._looks is None else looked_at(faces, image, self._looks)

    def detect(self, image: RgbImage) -> list[DetectedPart]:
        """The parts of all faces in the picture, face after face, the surest face first.

        Raises:
            ValueError: ``image`` is not (height, width, 3) uint8.
        """
        return [part for face in self.faces(image) for part in face.parts.values()]
