"""Words and boxes to messages and back; the contract's enums hold exactly the vocabulary."""

from enum import StrEnum
from typing import Any

import pytest

from pawtrait.common.v1 import common_pb2
from shared.errors import PawtraitError, Reason
from shared.geometry import Box
from shared.messages import to_box, to_box_message, to_number, to_timings, to_word
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

ENUMS: dict[type[StrEnum], Any] = {
    Ear: common_pb2.Ear,
    Fur: common_pb2.Fur,
    Pattern: common_pb2.Pattern,
    HeadShape: common_pb2.HeadShape,
    Colour: common_pb2.Colour,
}
WORDS = [(word, enum) for words, enum in ENUMS.items() for word in words]


@pytest.mark.parametrize(("word", "enum"), WORDS)
def test_every_word_has_its_number_and_comes_back(word: StrEnum, enum: Any) -> None:
    number = to_number(word, enum)
    assert number > 0
    assert enum.Name(number).endswith(f"_{word.value.upper()}")
    assert to_word(number, enum, type(word), field="x") is word


@pytest.mark.parametrize(("words", "enum"), ENUMS.items())
def test_the_contract_has_no_other_words(words: type[StrEnum], enum: Any) -> None:
    assert len(enum.values()) == len(words) + 1, "one number a word, and zero for none"


@pytest.mark.parametrize(("words", "enum"), ENUMS.items())
def test_zero_is_no_word(words: type[StrEnum], enum: Any) -> None:
    assert to_word(0, enum, words, field="x") is None


@pytest.mark.parametrize(("words", "enum"), ENUMS.items())
@pytest.mark.parametrize("number", [99, -1])
def test_an_unknown_number_names_its_field(words: type[StrEnum], enum: Any, number: int) -> None:
    with pytest.raises(PawtraitError) as refused:
        to_word(number, enum, words, field="ear")
    assert refused.value.reason is Reason.INVALID_FIELD
    assert refused.value.metadata == {"field": "ear"}


def test_a_box_comes_back() -> None:
    box = Box(0.125, 0.25, 0.5, 0.75)
    assert to_box(to_box_message(box), field="head") == box


@pytest.mark.parametrize(
    "edges",
    [{}, {"x_min": 0.5, "y_min": 0.5, "x_max": 0.4, "y_max": 0.6}, {"x_max": 2, "y_max": 1}],
    ids=["empty", "turned round", "outside"],
)
def test_a_message_that_is_no_box_names_its_field(edges: dict[str, float]) -> None:
    with pytest.raises(PawtraitError) as refused:
        to_box(common_pb2.Box(**edges), field="head")
    assert refused.value.reason is Reason.INVALID_FIELD
    assert refused.value.metadata == {"field": "head"}


def test_timings_keep_their_order() -> None:
    messages = to_timings([("decode", 4.5), ("classify", 20.25)])
    assert [(message.stage, message.milliseconds) for message in messages] == [
        ("decode", 4.5),
        ("classify", 20.25),
    ]
