"""Comparing a probe with a dog's prints, point by point, with drawn noses."""

import uuid
from collections.abc import Mapping

import pytest

from services.noseprint import matching
from services.noseprint.local_features import LocalFeatures, LocalMatch, match
from services.noseprint.matching import Probe, _compare, _nearest
from services.noseprint.register.records import StoredPrint
from services.noseprint.scoring import MatchScorer
from tests.integration.noseprint import drawn

SCORER = MatchScorer.from_parameters(drawn.PARAMETERS)
DOG = uuid.uuid4()


def probe(dog: int, view: int) -> Probe:
    return Probe(drawn.local_features(dog, view), {drawn.VERSION: drawn.embedding(dog, view)})


def prints(
    dog: int, *, count: int = 5, version: str = drawn.VERSION
) -> tuple[list[StoredPrint], dict[uuid.UUID, LocalFeatures]]:
    stored, features = [], {}
    for view in range(count):
        each = StoredPrint(uuid.uuid4(), DOG, version, drawn.embedding(dog, view, version))
        stored.append(each)
        features[each.id] = drawn.local_features(dog, view)
    return stored, features


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with every comparison of points."""
    calls: list[int] = []

    def counting(a: LocalFeatures, b: LocalFeatures) -> LocalMatch:
        calls.append(1)
        return match(a, b)

    monkeypatch.setattr(matching, "match", counting)
    return calls


class TestCompare:
    def test_the_same_dog_is_likely_and_another_is_not(self) -> None:
        stored, features = prints(1)
        same = _compare(probe(1, 9), _nearest(probe(1, 9), stored), features, SCORER, needed=0.0)
        other = _compare(probe(2, 9), _nearest(probe(2, 9), stored), features, SCORER, needed=0.0)
        assert same is not None
        assert other is not None
        assert same.probability > 0.99
        assert other.probability < 0.05
        assert same.dog_id == DOG
        assert same.print_id in features

    def test_a_stranger_is_given_up_early(self, counted: list[int]) -> None:
        stored, features = prints(1)
        nearest = _nearest(probe(2, 9), stored)
        assert _compare(probe(2, 9), nearest, features, SCORER, needed=0.9) is None
        assert len(counted) < len(nearest)

    @pytest.mark.parametrize("dog", [1, 2])
    @pytest.mark.parametrize("needed", [0.001, 0.5, 0.99])
    def test_giving_up_changes_no_answer(self, dog: int, needed: float) -> None:
        stored, features = prints(1)
        nearest = _nearest(probe(dog, 9), stored)
        whole = _compare(probe(dog, 9), nearest, features, SCORER, needed=0.0)
        early = _compare(probe(dog, 9), nearest, features, SCORER, needed=needed)
        assert whole is not None
        assert early == (whole if whole.probability >= needed else None)

    def test_prints_that_are_gone_count_as_unlike(self) -> None:
        stored, features = prints(1)
        gone: Mapping[uuid.UUID, LocalFeatures] = {}
        nearest = _nearest(probe(1, 9), stored)
        whole = _compare(probe(1, 9), nearest, features, SCORER, needed=0.0)
        without = _compare(probe(1, 9), nearest, gone, SCORER, needed=0.0)
        assert whole is not None
        assert without is not None
        assert without.probability < whole.probability


class TestNearest:
    def test_the_likest_prints_come_first(self) -> None:
        stored, _ = prints(1, count=9)
        nearest = _nearest(probe(1, 3), stored)
        assert [cosine for cosine, _ in nearest] == sorted((cosine for cosine, _ in nearest), reverse=True)
        assert nearest[0][1].id == stored[3].id
        assert len(nearest) == 5

    def test_prints_of_another_model_are_not_compared(self) -> None:
        stored, _ = prints(1, version="another")
        assert _nearest(probe(1, 3), stored) == []
        mixed = [*stored[:2], *prints(1, count=3)[0]]
        assert {each.model_version for _, each in _nearest(probe(1, 3), mixed)} == {drawn.VERSION}
