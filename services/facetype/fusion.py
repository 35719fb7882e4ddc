"""The votes of the parts, brought together into probabilities of the types.

A logarithmic opinion pool (Genest and Zidek 1986): the log-probabilities that the parts give to the label
of each type are added, each part's weighted by the trust it has earned, and a bias for each type. A part
gives the same to all types that it cannot tell apart, so on those it has no say. A part that is unsure even
of its labels abstains and adds nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.facetype.catalogue import Catalogue
from services.facetype.face import Part, PartVote
from services.facetype.part_reading import PartLogits
from shared.figures import softmax
from shared.geometry import Box

KEY = "fusion"
"""Of the parameters in the metadata of ``types.onnx``."""


@dataclass(frozen=True, slots=True)
class FusionParameters:
    """What was fitted on dev photos."""

    temperatures: Mapping[str, float]
    """Part → divisor of its logits (Guo et al. 2017)."""
    trust: Mapping[str, float]
    """Part → weight of its log-probabilities, 0 or more."""
    bias: Mapping[str, float]
    """Type → added to its score, as soon as any part votes."""
    abstain_below: float
    """A part whose likeliest label is less probable than this abstains."""
    face_scale: float
    face_shift: float
    """Probability of a face = sigmoid(scale × mean face logit + shift) (Platt 1999)."""

    def to_json(self) -> str:
        """As it stands in the metadata."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The parameters in a model's metadata."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Fused:
    """What the parts say together."""

    votes: tuple[PartVote, ...]
    probabilities: Mapping[str, float]
    """Type → probability, summing to 1, in the catalogue's order; all alike when every part abstains."""
    undecided: bool
    """Whether every part abstains."""
    labels: Mapping[Part, Mapping[str, float]]
    """Part → label → calibrated probability."""

    @property
    def type_id(self) -> str:
        """The likeliest type."""
        return max(self.probabilities, key=lambda type_id: self.probabilities[type_id])


class Fusion:
    """Fuses the parts' answers for one catalogue.

    Args:
        catalogue: whose types.
        parameters: as they were fitted.
    """

    def __init__(self, catalogue: Catalogue, parameters: FusionParameters) -> None:
        self._parameters = parameters
        self._types = catalogue.type_ids
        self._labels = {part: catalogue.labels(part) for part in Part}
        self._bias = np.array([parameters.bias[type_id] for type_id in self._types])

    def face_probability(self, logits: PartLogits) -> float:
        """Calibrated probability, 0…1, that the parts belong to a face at all."""
        mean = float(np.mean(list(logits.face.values())))
        exponent = self._parameters.face_scale * mean + self._parameters.face_shift
        return float(1 / (1 + np.exp(-np.clip(exponent, -50, 50))))

    def probabilities(self, part: Part, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """(labels,) calibrated probabilities of a part's labels."""
        found: NDArray[np.float64] = softmax(logits[None] / self._parameters.temperatures[part])[0]
        return found

    def fuse(self, logits: PartLogits, boxes: Mapping[Part, Box]) -> Fused:
        """Bring the parts together; ``boxes`` says where each was."""
        score = np.zeros(len(self._types))
        votes, labels, decided = [], {}, False
        for part, answer in logits.labels.items():
            found = self.probabilities(part, answer)
            best = int(found.argmax())
            types = list(self._labels[part].values())
            labels[part] = {name: float(p) for name, p in zip(self._labels[part], found, strict=True)}
            voting = bool(found[best] >= self._parameters.abstain_below)
            if voting:
                decided = True
                score += self._parameters.trust[part] * self._spread(part, np.log(found + 1e-9))
            names_one = voting and len(types[best]) == 1
            votes.append(
                PartVote(part, boxes[part], types[best][0] if names_one else None, float(found[best]))
            )
        if decided:
            score += self._bias
        fused = softmax(score[None])[0]
        probabilities = {type_id: float(p) for type_id, p in zip(self._types, fused, strict=True)}
        return Fused(tuple(votes), probabilities, not decided, labels)

    def _spread(self, part: Part, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each type gets the score of its label."""
        spread = np.zeros(len(self._types))
        for score, types in zip(scores, self._labels[part].values(), strict=True):
            for type_id in types:
                spread[self._types.index(type_id)] = score
        return spread
