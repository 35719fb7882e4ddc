"""The analysis with the networks that ship, on painted dogs."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

import services.facetype
from services.facetype.analyser import FaceAnalyser
from services.facetype.catalogue import Catalogue, load_catalogue
from services.facetype.face import FaceAnalysis, Outcome, Part
from shared.geometry import RgbImage
from tests.conftest import PORTRAITS

DOGS = Path(services.facetype.__file__).parent / "catalogues" / "dogs"


@pytest.fixture(scope="module")
def dogs() -> Catalogue:
    return load_catalogue(DOGS)


@pytest.fixture(scope="module")
def analyser(dogs: Catalogue) -> FaceAnalyser:
    made = FaceAnalyser(dogs, threads=1)
    made.warm_up()
    return made


def portrait(name: str) -> RgbImage:
    return np.asarray(cv2.imread(str(PORTRAITS / f"{name}.jpg"), cv2.IMREAD_COLOR_RGB), np.uint8)


def told(analysis: FaceAnalysis) -> tuple[object, ...]:
    return analysis.outcome, analysis.type_id, dict(analysis.probabilities), analysis.parts


def test_a_face_gets_a_type(analyser: FaceAnalyser, dogs: Catalogue) -> None:
    found = analyser.analyse(portrait("cream_long"))
    assert found.outcome is Outcome.OK
    assert list(found.probabilities) == list(dogs.type_ids)
    assert sum(found.probabilities.values()) == pytest.approx(1.0)
    assert found.type_id == max(found.probabilities, key=lambda name: found.probabilities[name])
    assert found.face_probability > 0.5
    assert [name for name, _ in found.stages] == ["parts", "types"]
    assert all(milliseconds > 0 for _, milliseconds in found.stages)


def test_no_part_votes_on_what_it_cannot_see(analyser: FaceAnalyser) -> None:
    votes = [
        vote
        for name in ("black_and_white", "cream_long", "brown_curly", "white_terrier")
        for vote in analyser.analyse(portrait(name)).parts
    ]
    assert {vote.part for vote in votes} == set(Part)
    for vote in votes:
        if vote.part is not Part.WHOLE:
            assert vote.type_id not in ("prick_eared", "drop_eared")


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_empty_picture_shows_no_face(analyser: FaceAnalyser, grey: int) -> None:
    found = analyser.analyse(np.full((240, 320, 3), grey, np.uint8))
    assert found.outcome is Outcome.NO_FACE
    assert found.type_id is None
    assert not found.probabilities


def test_a_refused_face_has_no_type(analyser: FaceAnalyser) -> None:
    image = portrait("cream_long")
    found = analyser.analyse(np.concatenate([image, image[:, ::-1]], 1))
    assert found.outcome is Outcome.SEVERAL_FACES
    assert found.type_id is None
    assert not found.probabilities
    assert all(vote.type_id is None for vote in found.parts)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (900, 2, 3)])
def test_odd_shapes_are_judged_like_any_other(analyser: FaceAnalyser, shape: tuple[int, int, int]) -> None:
    assert analyser.analyse(np.full(shape, 90, np.uint8)).outcome is Outcome.NO_FACE


def test_what_is_no_picture_is_refused(analyser: FaceAnalyser) -> None:
    with pytest.raises(ValueError, match="not an RGB picture"):
        analyser.analyse(np.zeros((20, 20), np.uint8))


def test_answers_are_the_same_again_and_from_several_threads(analyser: FaceAnalyser) -> None:
    image = portrait("cream_long")
    expected = told(analyser.analyse(image))
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: told(analyser.analyse(image)), range(6)))
    assert all(answer == expected for answer in answers)


def test_the_version_names_catalogue_and_networks(analyser: FaceAnalyser) -> None:
    assert analyser.version.startswith("dogs-1+parts-")
    assert "+types-1-" in analyser.version
