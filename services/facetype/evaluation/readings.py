"""What the served system says of photos, with the gate's judgement and without."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tqdm import tqdm

from services.facetype.analyser import FaceAnalyser
from services.facetype.evaluation.photos import CheckedPhoto
from services.facetype.face import Outcome, Part


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer to one photo."""

    photo: CheckedPhoto
    outcome: Outcome
    probabilities: dict[str, float]
    """Type → probability for the face that was read, whatever the gate says; empty: no face was found."""
    parts: dict[Part, dict[str, float]]
    """Part → label → probability of the parts that were found."""
    milliseconds: float
    """Wall time of the analysis as it is served."""

    @property
    def type_id(self) -> str | None:
        """The likeliest type; None where no face was found."""
        if not self.probabilities:
            return None
        return max(self.probabilities, key=lambda type_id: self.probabilities[type_id])

    @property
    def accepted(self) -> bool:
        """Whether the service would have named a type."""
        return self.outcome is Outcome.OK


def read_photos(analyser: FaceAnalyser, photos: Sequence[CheckedPhoto]) -> list[Reading]:
    """Analyse photos as in production, and read the face of those that the gate refuses all the same."""
    return [_read(analyser, photo) for photo in tqdm(photos, "photos", mininterval=20)]


def _read(analyser: FaceAnalyser, photo: CheckedPhoto) -> Reading:
    image = photo.load()
    began = time.perf_counter()
    look = analyser.look(image)
    analysis = analyser.judged(look)
    milliseconds = (time.perf_counter() - began) * 1000
    fused = look.fused
    if fused is None and look.faces:
        fused, _ = analyser.read(image, look.faces[0])
    if fused is None:
        return Reading(photo, analysis.outcome, {}, {}, milliseconds)
    parts = {part: dict(labels) for part, labels in fused.labels.items()}
    return Reading(photo, analysis.outcome, dict(fused.probabilities), parts, milliseconds)
