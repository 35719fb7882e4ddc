from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.facetype.catalogue import Catalogue, load_catalogue
from services.facetype.face import Part
from services.facetype.fusion import Fusion, FusionParameters
from services.facetype.part_reading import PartLogits
from shared.geometry import Box
from tests.unit.services.facetype.catalogue.catalogues import written

BOXES = dict.fromkeys(Part, Box(0.2, 0.2, 0.8, 0.8))
ORDER = ("round_smile", "square_smile", "frown")


def parameters(**changes: Any) -> FusionParameters:
    usual: dict[str, Any] = {
        "temperatures": dict.fromkeys(("whole", "t_zone", "lower"), 1.0),
        "trust": dict.fromkeys(("whole", "t_zone", "lower"), 1.0),
        "bias": dict.fromkeys(ORDER, 0.0),
        "abstain_below": 0.0,
        "face_scale": 2.0,
        "face_shift": -1.0,
    }
    return FusionParameters(**{**usual, **changes})


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return load_catalogue(written(tmp_path))


def said(face: float = 0.0, **logits: list[float]) -> PartLogits:
    labels = {Part(part): np.array(row, np.float32) for part, row in logits.items()}
    return PartLogits(labels, dict.fromkeys(labels, face))


def test_one_part_alone_is_believed(catalogue: Catalogue) -> None:
    fused = Fusion(catalogue, parameters()).fuse(said(whole=[2.0, 1.0, 0.0]), BOXES)
    weights = np.exp([2.0, 1.0, 0.0])
    assert list(fused.probabilities) == list(ORDER)
    assert list(fused.probabilities.values()) == pytest.approx(list(weights / weights.sum()))
    assert fused.type_id == "round_smile"
    assert [vote.type_id for vote in fused.votes] == ["round_smile"]
    assert not fused.undecided


def test_a_part_moves_nothing_between_types_that_it_cannot_tell_apart(catalogue: Catalogue) -> None:
    fusion = Fusion(catalogue, parameters())
    alone = fusion.fuse(said(whole=[2.0, 1.0, 0.0]), BOXES).probabilities
    both = fusion.fuse(said(whole=[2.0, 1.0, 0.0], lower=[3.0, 0.0]), BOXES).probabilities
    assert both["round_smile"] / both["square_smile"] == pytest.approx(
        alone["round_smile"] / alone["square_smile"], rel=1e-6
    )
    assert both["frown"] < alone["frown"]


def test_a_label_of_several_types_names_none(catalogue: Catalogue) -> None:
    fused = Fusion(catalogue, parameters()).fuse(said(whole=[2.0, 1.0, 0.0], lower=[3.0, 0.0]), BOXES)
    lower = next(vote for vote in fused.votes if vote.part is Part.LOWER)
    assert lower.type_id is None
    assert lower.probability == pytest.approx(1 / (1 + np.exp(-3.0)))
    frowning = Fusion(catalogue, parameters()).fuse(said(lower=[0.0, 3.0]), BOXES)
    assert frowning.votes[0].type_id == "frown"


def test_a_part_that_abstains_adds_nothing(catalogue: Catalogue) -> None:
    fusion = Fusion(catalogue, parameters(abstain_below=0.9))
    alone = fusion.fuse(said(whole=[9.0, 0.0, 0.0]), BOXES)
    beside_unsure = fusion.fuse(said(whole=[9.0, 0.0, 0.0], lower=[0.0, 1.0]), BOXES)
    assert dict(beside_unsure.probabilities) == pytest.approx(dict(alone.probabilities))
    assert [vote.type_id for vote in beside_unsure.votes] == ["round_smile", None]


def test_when_every_part_abstains_all_types_are_alike(catalogue: Catalogue) -> None:
    unequal = parameters(abstain_below=0.9, bias={"round_smile": 3.0, "square_smile": 0.0, "frown": 0.0})
    fused = Fusion(catalogue, unequal).fuse(said(whole=[0.1, 0.0, 0.0], lower=[0.1, 0.0]), BOXES)
    assert fused.undecided
    assert list(fused.probabilities.values()) == pytest.approx([1 / 3] * 3)


def test_trust_weighs_and_bias_adds(catalogue: Catalogue) -> None:
    trusting = parameters(
        trust={"whole": 0.5, "t_zone": 1.0, "lower": 2.0},
        bias={"round_smile": 0.0, "square_smile": 0.7, "frown": 0.0},
    )
    fused = Fusion(catalogue, trusting).fuse(said(whole=[2.0, 0.0, 0.0], lower=[0.0, 1.0]), BOXES)
    whole = np.log(np.exp([2.0, 0.0, 0.0]) / np.exp([2.0, 0.0, 0.0]).sum())
    lower = np.log(np.exp([0.0, 1.0]) / np.exp([0.0, 1.0]).sum())[[0, 0, 1]]
    weights = np.exp(0.5 * whole + 2.0 * lower + np.array([0.0, 0.7, 0.0]))
    assert list(fused.probabilities.values()) == pytest.approx(list(weights / weights.sum()), rel=1e-5)


def test_temperature_softens_a_part(catalogue: Catalogue) -> None:
    soft = parameters(temperatures={"whole": 4.0, "t_zone": 1.0, "lower": 1.0})
    fused = Fusion(catalogue, soft).fuse(said(whole=[4.0, 0.0, 0.0]), BOXES)
    assert fused.labels[Part.WHOLE]["round_smile"] == pytest.approx(np.e / (np.e + 2))


def test_faces_are_judged_by_the_mean_of_their_parts(catalogue: Catalogue) -> None:
    logits = PartLogits({Part.WHOLE: np.zeros(3, np.float32)}, {Part.WHOLE: 3.0, Part.LOWER: 0.0})
    probability = Fusion(catalogue, parameters()).face_probability(logits)
    assert probability == pytest.approx(1 / (1 + np.exp(-(2.0 * 1.5 - 1.0))))


def test_parameters_survive_the_metadata() -> None:
    fitted = parameters(abstain_below=0.3)
    assert FusionParameters.from_json(fitted.to_json()) == fitted
