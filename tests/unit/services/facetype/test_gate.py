"""The gate: each refusal with the face that deserves it, and files that it will not read."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from services.facetype.face import DetectedPart, Outcome, Part
from services.facetype.gate import FILE, Gate, GateError, Judge, Limits, read_limits
from services.facetype.gate_measures import measures_of
from services.facetype.labelling.autolabel import DOGS
from services.facetype.part_detection import FoundFace, PartDetector
from shared.geometry import Box

PORTRAITS = Path(__file__).resolve().parents[3] / "portraits"
LIMITS = Limits(
    face_confidence=0.4,
    cut_confidence=0.2,
    face_probability=0.5,
    cut_probability=0.05,
    other_confidence=0.5,
    other_share=0.2,
    side_px=40,
    cut=Judge(0.0, {"cut_logit": 1.0, "whole_logit": -1.0}, 0.5),
    turned=Judge(-2.0, {"lower_aside": 10.0}, 0.5),
)
SIZE = (400, 400)
MIDDLE = Box(0.3, 0.3, 0.7, 0.8)


def face(box: Box = MIDDLE, whole: float = 0.9, cut: float = 0.1, aside: float = 0.0) -> FoundFace:
    """A face with its muzzle in the middle or so far aside, as a share of the width."""
    wide, high = box.x_max - box.x_min, box.y_max - box.y_min
    left = box.x_min + (0.3 + aside) * wide
    lower = Box(left, box.y_min + 0.6 * high, min(left + 0.4 * wide, 1.0), box.y_max)
    return FoundFace(box, whole, cut, {Part.LOWER: DetectedPart(Part.LOWER, lower, 0.9)})


def test_a_whole_frontal_face_will_do() -> None:
    gate = Gate(LIMITS)
    assert gate.judge(*SIZE, [face()]) is Outcome.OK
    assert gate.judge(*SIZE, [face()], face_probability=0.9) is Outcome.OK


def test_no_face() -> None:
    gate = Gate(LIMITS)
    assert gate.judge(*SIZE, []) is Outcome.NO_FACE
    assert gate.judge(*SIZE, [face(whole=0.3)]) is Outcome.NO_FACE
    assert gate.judge(*SIZE, [face()], face_probability=0.2) is Outcome.NO_FACE
    assert gate.main_face([face(whole=0.1)]) is None


def test_a_cut_face_goes_before_a_small_one() -> None:
    gate = Gate(LIMITS)
    assert gate.judge(*SIZE, [face(whole=0.2, cut=0.8)]) is Outcome.CUT_OFF
    assert gate.judge(60, 60, [face(whole=0.2, cut=0.8)]) is Outcome.CUT_OFF


def test_small() -> None:
    assert Gate(LIMITS).judge(60, 60, [face()]) is Outcome.TOO_SMALL


def test_turned() -> None:
    assert Gate(LIMITS).judge(*SIZE, [face(aside=0.3)]) is Outcome.TURNED_AWAY


def test_several() -> None:
    gate = Gate(LIMITS)
    other = face(Box(0.75, 0.3, 0.99, 0.7))
    assert gate.judge(*SIZE, [face(), other]) is Outcome.SEVERAL_FACES
    assert gate.judge(*SIZE, [face(), replace(other, whole=0.45)]) is Outcome.OK, "unsure"
    assert gate.judge(*SIZE, [face(), face(Box(0.9, 0.3, 0.95, 0.35))]) is Outcome.OK, "far away"


def test_less_is_asked_of_a_face_that_is_cut() -> None:
    gate = Gate(LIMITS)
    assert gate.judge(*SIZE, [face(whole=0.05, cut=0.3)]) is Outcome.CUT_OFF
    assert gate.judge(*SIZE, [face(whole=0.05, cut=0.15)]) is Outcome.NO_FACE
    assert gate.judge(*SIZE, [face(whole=0.05, cut=0.8)], face_probability=0.1) is Outcome.CUT_OFF
    assert gate.judge(*SIZE, [face(whole=0.05, cut=0.8)], face_probability=0.01) is Outcome.NO_FACE


def test_the_main_face_is_sure_and_large() -> None:
    gate, small = Gate(LIMITS), Box(0.8, 0.8, 0.95, 0.95)
    assert gate.main_face([face(small, whole=0.9), face(whole=0.7)]) == face(whole=0.7)
    assert gate.main_face([face(small, whole=0.9), face(whole=0.3)]) == face(small, whole=0.9)


def test_measures_know_edges_and_places() -> None:
    measures = measures_of(200, 100, face(Box(0.0, 0.25, 0.4, 0.75)))
    assert measures["gap_side"] == 0.0
    assert measures["touches"] == 1.0
    assert measures["side_px"] == pytest.approx(50)
    assert measures["t_found"] == 0.0
    assert measures["lower_found"] == 1.0
    assert measures["wide"] == pytest.approx(np.log(80 / 50))
    assert set(measures_of(200, 100, None)) == set(measures)


def document(**changes: Any) -> Mapping[str, Any]:
    """A ``gate.json`` with changes."""
    judge = {"threshold": 0.5, "offset": 0.0, "weights": {"cut_logit": 1.0}}
    plain = {"face_confidence": 0.4, "cut_confidence": 0.2, "face_probability": 0.5, "other_confidence": 0.5}
    return {**plain, "other_share": 0.2, "side_px": 40, "cut": judge, "turned": judge, **changes}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"side_px": "wide"}, "wide"),
        ({"cut": None}, "TypeError"),
        ({"turned": {"threshold": 0.5, "offset": 0.0}}, "weights"),
        ({"cut": {"threshold": 0.5, "offset": 0.0, "weights": {"beauty": 1.0}}}, "beauty"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    (tmp_path / FILE).write_text(json.dumps(document(**changes)))
    with pytest.raises(GateError, match=named) as caught:
        read_limits(tmp_path / FILE)
    assert FILE in str(caught.value)


def test_a_missing_file_and_no_json(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="cannot be read"):
        Gate(tmp_path)
    (tmp_path / FILE).write_text("no")
    with pytest.raises(GateError):
        Gate(tmp_path)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps(document()))
    limits = Gate(tmp_path).limits
    assert (limits.side_px, limits.cut.weights) == (40.0, {"cut_logit": 1.0})
    assert limits.cut_probability == limits.face_probability, "as strict as of whole faces unless told"


def test_the_gate_that_ships_knows_whole_portraits_from_halves() -> None:
    """Of the painted portraits, most will do as they are and most halves are refused as cut off."""
    gate, detector = Gate(DOGS), PartDetector(DOGS)

    def judged(image: np.ndarray) -> Outcome:
        faces = detector.faces(np.ascontiguousarray(image))
        return gate.judge(image.shape[1], image.shape[0], faces)

    whole, halves = [], []
    for path in sorted(PORTRAITS.glob("*.jpg")):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        assert image is not None
        whole.append(judged(image))
        face = gate.main_face(detector.faces(np.asarray(image, np.uint8)))
        assert face is not None
        _, top, _, bottom = face.box.pixels(image.shape[1], image.shape[0])
        halves.append(judged(image[(top + bottom) // 2 :]))
    assert whole.count(Outcome.OK) >= 5, whole
    assert halves.count(Outcome.OK) <= 1, halves


def test_limits_that_are_not_the_released_ones_are_an_error(tmp_path: Path) -> None:
    released = DOGS / "gate.json"
    for name in ("gate.json", "SHA256SUMS"):
        (tmp_path / name).write_bytes((released.parent / name).read_bytes())
    assert read_limits(tmp_path / "gate.json") == read_limits(released)
    with (tmp_path / "gate.json").open("a") as file:
        file.write(" ")
    with pytest.raises(GateError, match="is not the file that SHA256SUMS names"):
        read_limits(tmp_path / "gate.json")
