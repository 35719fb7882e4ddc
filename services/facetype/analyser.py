"""From a photo to the type of the face in it: parts are found, the gate judges, the parts vote."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.facetype.catalogue import Catalogue
from services.facetype.face import FaceAnalysis, Outcome, Part, PartVote
from services.facetype.fusion import KEY, Fused, Fusion, FusionParameters
from services.facetype.gate import Gate
from services.facetype.part_detection import FoundFace, PartDetector
from services.facetype.part_reading import PartReader
from shared.geometry import Box, RgbImage
from shared.inference_pool import Stopwatch


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in a photo, before the gate has judged it."""

    width: int
    height: int
    faces: tuple[FoundFace, ...]
    face: FoundFace | None
    """The one that the photo is about."""
    fused: Fused | None
    """What its parts say; None where there is no face."""
    face_probability: float
    stages: tuple[tuple[str, float], ...]


class FaceAnalyser:
    """Reads faces with the networks of a catalogue. Deterministic and safe to call from several threads.

    Args:
        catalogue: whose ``parts.onnx``, ``types.onnx`` and ``gate.json`` are used.
        threads: cores that one call may use.
        gate: judges instead of the one of ``gate.json``, as while that is being fitted.

    Raises:
        FileNotFoundError: the catalogue has no such model.
        ValueError: a model was trained for another catalogue, or the gate's file cannot be used.
    """

    def __init__(self, catalogue: Catalogue, threads: int, gate: Gate | None = None) -> None:
        self._detector = PartDetector(catalogue.parts_model, threads)
        self._reader = PartReader(catalogue.types_model, catalogue, threads)
        self._fusion = Fusion(catalogue, FusionParameters.from_json(self._reader.metadata[KEY]))
        self._gate = gate or Gate(catalogue.folder)
        self.version = f"{catalogue.label}+parts-{self._detector.version}+types-{self._reader.version}"

    def warm_up(self) -> None:
        """Run every network once, so that the first caller waits no longer."""
        grey = np.full((320, 320, 3), 128, np.uint8)
        self._detector.faces(grey)
        self._reader.read(grey, dict.fromkeys(Part, Box(0.25, 0.25, 0.75, 0.75)))

    def analyse(self, image: RgbImage) -> FaceAnalysis:
        """Whether ``image`` shows one whole face, and of which type it is.

        Args:
            image: upright, (height, width, 3) uint8 RGB.

        Raises:
            ValueError: not such an array.
        """
        return self.judged(self.look(image))

    def look(self, image: RgbImage) -> Look:
        """Find faces and read the one that the photo is about; nothing is judged yet.

        Raises:
            ValueError: not an RGB picture of bytes.
        """
        watch = Stopwatch()
        with watch.stage("parts"):
            faces = self._detector.faces(image)
        face, fused, face_probability = self._gate.main_face(faces), None, 0.0
        if face is not None:
            with watch.stage("types"):
                fused, face_probability = self.read(image, face)
        height, width = image.shape[:2]
        return Look(width, height, tuple(faces), face, fused, face_probability, tuple(watch.stages))

    def read(self, image: RgbImage, face: FoundFace) -> tuple[Fused, float]:
        """What the parts of a face say together, and the probability that it is one."""
        boxes: Mapping[Part, Box] = {part: found.box for part, found in face.parts.items()}
        logits = self._reader.read(image, boxes)
        return self._fusion.fuse(logits, boxes), self._fusion.face_probability(logits)

    def judged(self, look: Look) -> FaceAnalysis:
        """The gate's judgement, with the type where the face is accepted."""
        if look.face is None or look.fused is None:
            return FaceAnalysis(self._gate.judge(look.width, look.height, look.faces), stages=look.stages)
        outcome = self._gate.judge(look.width, look.height, look.faces, look.face_probability)
        if outcome is Outcome.OK and look.fused.undecided:
            outcome = Outcome.NOT_CLASSIFIABLE
        accepted = outcome in (Outcome.OK, Outcome.NOT_CLASSIFIABLE)
        return FaceAnalysis(
            outcome,
            look.fused.type_id if outcome is Outcome.OK else None,
            look.fused.probabilities if accepted else {},
            look.fused.votes if accepted else _unread(look.face),
            look.face_probability,
            look.stages,
        )


def _unread(face: FoundFace) -> tuple[PartVote, ...]:
    """The parts of a face that was refused: where they are, without a vote."""
    return tuple(PartVote(part, found.box, None, 0.0) for part, found in face.parts.items())
