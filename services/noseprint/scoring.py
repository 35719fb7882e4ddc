"""From the two scores of a pair of noses to one calibrated probability, and the thresholds of decisions.

The embeddings' cosine and the local features' score are joined by logistic regression, fitted so that a
pair at even odds is the same nose with the probability stated. Several prints of one dog are fused in
logits. Search is **open-set**: with every further dog in the register a stranger's nose has one more
chance to resemble somebody, so the thresholds rise with the register. Where they lie is read off the
tail of impostors' scores, modelled beyond what was measured by a generalised Pareto distribution
(Pickands 1975; Coles 2001, section 4).

All parameters lie in ``model/scoring.json``, written by ``services.noseprint.training.calibration``.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from shared.model_files import check_model_file

SCORING_FILE = "scoring.json"
MOST_LOGIT = 30.0
"""Logits are held within ± this: beyond, a probability in 64 bits could no longer be told from 1."""
MOST_LOCAL = 0.88
"""Local score from which more points add nothing."""
STRONG_EVIDENCE = 0.4
"""Local evidence that few strangers exceed: one pair in forty."""


def sigmoid(logit: float) -> float:
    """Probability of a logit."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def logit_of(probability: float) -> float:
    """Logit of a probability, held within ± MOST_LOGIT."""
    if probability <= 0:
        return -MOST_LOGIT
    if probability >= 1:
        return MOST_LOGIT
    return _held(math.log(probability) - math.log1p(-probability))


def _held(logit: float) -> float:
    return min(max(logit, -MOST_LOGIT), MOST_LOGIT)


def local_evidence(local: float) -> float:
    """The local score on a scale on which evidence adds up: log(1 + local / (1 - local)), 0…2.1."""
    return -math.log1p(-min(max(local, 0.0), MOST_LOCAL))


def strong_evidence(evidence: float) -> float:
    """What local evidence goes beyond what strangers show by chance: it weighs more."""
    return max(evidence - STRONG_EVIDENCE, 0.0)


@dataclass(frozen=True, slots=True)
class Tail:
    """How impostors' fused logits are distributed above a level, per dog compared."""

    level: float
    """Logit from which the model holds."""
    share: float
    """Share of impostors above the level."""
    scale: float
    shape: float
    """Of the generalised Pareto distribution of the excess over the level."""

    def threshold(self, false_accepts: float) -> float:
        """The logit that a share ``false_accepts`` of impostors exceeds; never below the level."""
        rarity = self.share / false_accepts
        if rarity <= 1:
            return self.level
        if abs(self.shape) < 1e-6:
            return self.level + self.scale * math.log(rarity)
        return float(self.level + self.scale / self.shape * (rarity**self.shape - 1))


SMALLEST_REGISTER = 100
"""Dogs that thresholds of search are set for at least. The tails are of synthetic noses and of real ones
small in their photos; sharp close-ups of different dogs were seen to score higher than these allow for."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the logits of several prints of one dog become one."""

    best: float
    """Weight of the best print's logit against the mean of all, 0…1."""
    slope: float
    offset: float
    """Applied in full with five prints, not at all with one, in proportion to the logarithm between."""


class MatchScorer:
    """Probabilities and thresholds. Thread-safe.

    Args:
        model_folder: where ``scoring.json`` lies.

    Raises:
        FileNotFoundError: there is no such file.
        shared.model_files.ModelFileError: it is not the file that the sums beside it name.
    """

    def __init__(self, model_folder: Path) -> None:
        check_model_file(model_folder / SCORING_FILE)
        self._read(json.loads((model_folder / SCORING_FILE).read_text()))

    @classmethod
    def from_parameters(cls, parameters: dict[str, Any]) -> Self:
        """A scorer with the content of a ``scoring.json``."""
        scorer = cls.__new__(cls)
        scorer._read(parameters)
        return scorer

    def _read(self, parameters: dict[str, Any]) -> None:
        self.embedder_version: str = parameters["embedder_version"]
        pair = parameters["pair"]
        self._offset, self._cosine, self._local, self._strong = (
            float(pair[name]) for name in ("offset", "cosine", "local", "strong_local")
        )
        self._fusion = Fusion(**parameters["fusion"])
        self._tails = [Tail(**tail) for tail in parameters["impostor_tails"].values()]
        self._identify = float(parameters["false_positive_identification_rate"]["identify"])
        self._register = float(parameters["false_positive_identification_rate"]["register"])
        self._verify = float(parameters["verify_threshold"])

    @property
    def pair_weights(self) -> dict[str, float]:
        """Offset and weights of the scores."""
        return {
            "offset": self._offset,
            "cosine": self._cosine,
            "local": self._local,
            "strong_local": self._strong,
        }

    def logit(self, cosine: float, local: float) -> float:
        """Log odds, −30…30, that two prints are one dog's, at even odds before.

        Args:
            cosine: of the embeddings, −1…1.
            local: score of the local features' match, 0…1.
        """
        evidence = local_evidence(local)
        strong = self._strong * strong_evidence(evidence)
        return _held(self._offset + self._cosine * cosine + self._local * evidence + strong)

    def probability(self, cosine: float, local: float) -> float:
        """The same as a probability, 0…1; rises with both scores."""
        return sigmoid(self.logit(cosine, local))

    def dog_score(self, probabilities: Sequence[float]) -> float:
        """Probability, 0…1, that a print is a dog's, from its probabilities against 1…n prints of the dog.

        Rises with each of them. The thresholds of search are meant for this score.

        Raises:
            ValueError: no probability given.
        """
        if not probabilities:
            raise ValueError("a dog without prints has no score")
        logits = [logit_of(probability) for probability in probabilities]
        return sigmoid(self.fused_logit(logits))

    def fused_logit(self, logits: Sequence[float]) -> float:
        """The same in logits, −30…30."""
        fusion = self._fusion
        joined = fusion.best * max(logits) + (1 - fusion.best) * sum(logits) / len(logits)
        share = min(math.log(len(logits)) / math.log(5), 1.0)
        return _held((1 + (fusion.slope - 1) * share) * joined + fusion.offset * share)

    def threshold_verify(self) -> float:
        """Probability from which a photo shows a given dog: one stranger in a thousand passes."""
        return sigmoid(self._verify)

    def threshold_identify(self, register_size: int) -> float:
        """Probability from which a lookup in a register of so many dogs matches: FPIR ≤ 1 %.

        The false-positive identification rate is the share of unregistered dogs that match any dog.
        """
        return sigmoid(self.identify_logit(register_size))

    def identify_logit(self, register_size: int) -> float:
        """The same in logits."""
        return self._open_set(self._identify, register_size)

    def threshold_register(self, register_size: int) -> float:
        """Probability from which a registration is refused as already there: FPIR ≤ 0.1 %."""
        return sigmoid(self._open_set(self._register, register_size))

    def _open_set(self, rate: float, register_size: int) -> float:
        """The highest of the tails' thresholds, so that no kind of impostor exceeds the rate."""
        false_accepts = rate / max(register_size, SMALLEST_REGISTER)
        highest = max(tail.threshold(false_accepts) for tail in self._tails)
        return min(max(highest, self._verify), MOST_LOGIT - 0.5)
