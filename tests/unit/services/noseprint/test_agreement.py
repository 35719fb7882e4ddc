"""Which of five photos are of one dog, with drawn noses."""

from collections.abc import Sequence

import pytest

from services.noseprint.agreement import check_agreement, group
from services.noseprint.matching import Probe
from services.noseprint.scoring import MatchScorer
from shared.errors import PawtraitError, Reason
from tests.integration.noseprint import drawn

SCORER = MatchScorer.from_parameters(drawn.PARAMETERS)


def probes(dogs: Sequence[int]) -> list[Probe]:
    return [
        Probe(drawn.local_features(dog, view), {drawn.VERSION: drawn.embedding(dog, view)})
        for view, dog in enumerate(dogs)
    ]


@pytest.mark.parametrize(
    ("dogs", "groups"),
    [
        ((1, 1, 1, 1, 1), [[0, 1, 2, 3, 4]]),
        ((1, 1, 2, 1, 1), [[0, 1, 3, 4], [2]]),
        ((2, 2, 1, 1, 1), [[2, 3, 4], [0, 1]]),
        ((1, 1, 2, 2, 3), [[0, 1], [2, 3], [4]]),
        ((1, 2, 3, 4, 5), [[0], [1], [2], [3], [4]]),
    ],
)
def test_groups(dogs: tuple[int, ...], groups: list[list[int]]) -> None:
    assert group(probes(dogs), SCORER, drawn.VERSION) == groups


def test_photos_may_hang_together_through_others() -> None:
    """The first and the last are too far apart to match, and the one between matches both."""
    left, middle, right = probes((1, 1, 1))
    between = left.embeddings[drawn.VERSION] + right.embeddings[drawn.VERSION]
    far = Probe(drawn.local_features(9, 0), {drawn.VERSION: -left.embeddings[drawn.VERSION]})
    assert len(group([left, far], SCORER, drawn.VERSION)) == 2
    near = Probe(middle.features, {drawn.VERSION: between / (between @ between) ** 0.5})
    assert group([left, near, right], SCORER, drawn.VERSION) == [[0, 1, 2]]


def test_the_odd_ones_are_named() -> None:
    check_agreement(probes((1, 1, 1, 1, 1)), SCORER, drawn.VERSION)
    with pytest.raises(PawtraitError) as caught:
        check_agreement(probes((1, 2, 1, 1, 3)), SCORER, drawn.VERSION)
    assert caught.value.reason is Reason.PHOTOS_DISAGREE
    assert caught.value.metadata == {"photos": "1,4"}
    assert "2, 5" in caught.value.message
