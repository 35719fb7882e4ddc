"""What trunks read, how that is written down, and how their answers are joined."""

import numpy as np
import pytest

from services.traits.joining import OUTPUTS, TASKS
from services.traits.preprocessing import ViewName
from services.traits.trunks import Reading, join_readings, plain_trunk, trunks_from_json, trunks_to_json

TRUNK = plain_trunk("one", [ViewName.WHOLE, ViewName.HEAD], [ViewName.WHOLE, ViewName.WHOLE_MIRRORED])


def reading(values: list[float], roles: list[int]) -> Reading:
    return Reading(np.repeat(np.array(values, np.float32)[:, None], OUTPUTS, 1), np.array(roles))


def test_trunks_come_back_from_their_text() -> None:
    TRUNK.trust[1, 2] = 0.25
    again = trunks_from_json(trunks_to_json([TRUNK]))[0]
    TRUNK.trust[1, 2] = 1.0
    assert (again.name, again.reads(True), again.reads(False)) == ("one", TRUNK.with_head, TRUNK.without_head)
    assert again.trust[1, 2] == 0.25


@pytest.mark.parametrize("text", ["[{}]", '[{"name": "one", "with_head": ["tail"]}]', "[1]", "{"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        trunks_from_json(text)


def test_answers_are_a_mean_weighted_by_trust() -> None:
    other = plain_trunk("other", [ViewName.BUST], [ViewName.WHOLE])
    other.trust[2, 1] = 3.0
    answers = join_readings([TRUNK, other], [reading([1, 2], [0, 1]), reading([6], [2])])
    assert {task: len(values) for task, values in answers.items()} == dict(TASKS)
    assert answers["ear"] == pytest.approx([3.0, 3.0])
    assert answers["breed"][0] == pytest.approx((1 + 2 + 3 * 6) / 5)


def test_excited_breeds_speak_for_a_dog() -> None:
    calm, excited = reading([0.0], [0]), reading([0.0], [0])
    excited.logits[0, 7] = 9.0
    dog = [join_readings([TRUNK], [one])["dog"][0] for one in (calm, excited)]
    assert dog[0] == pytest.approx(np.log(120))
    assert dog[1] == pytest.approx(np.log(119 + np.exp(9.0)))
