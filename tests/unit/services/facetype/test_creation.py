"""All fields of a call are checked before anybody looks at a picture."""

import json
import uuid
from dataclasses import replace
from datetime import date

import pytest

from services.facetype.card_drawing import MOST_ICON_BYTES, PictureChoice
from services.facetype.catalogue import Language
from services.facetype.creation import (
    GivenFields,
    KeptAnswer,
    ProfileRequest,
    check_fields,
    format_answer,
    parse_answer,
    request_hash,
)
from shared.errors import PawtraitError, Reason

TODAY = date(2026, 11, 20)
GOOD = GivenFields(birth_date="1993-05-17", mbti="INFJ")


def check(given: GivenFields, *, needs_consent: bool = False) -> ProfileRequest:
    return check_fields(b"photo", given, today=TODAY, needs_consent=needs_consent)


def problems(given: GivenFields, *, needs_consent: bool = False) -> dict[str, str]:
    with pytest.raises(PawtraitError) as caught:
        check(given, needs_consent=needs_consent)
    assert caught.value.reason is Reason.INVALID_FIELD
    told: dict[str, str] = json.loads(caught.value.metadata["problems"])
    assert caught.value.metadata["field"].split(",") == list(told)
    return told


def test_good_fields_pass() -> None:
    request = check(replace(GOOD, mbti="infj", language="ko", card_picture="photo", icon_url="/files/i.png"))
    assert request.facts.birth_date == date(1993, 5, 17)
    assert request.facts.mbti == "INFJ"
    assert request.language is Language.KO
    assert request.card_picture is PictureChoice.PHOTO
    assert request.photo == b"photo"


def test_what_is_left_out_has_a_default() -> None:
    request = check(GOOD)
    assert (request.language, request.card_picture, request.seed) == (Language.EN, PictureChoice.ICON, None)


def test_every_faulty_field_is_told_at_once() -> None:
    told = problems(
        GivenFields(
            birth_date="2026-02-30",
            mbti="ABCD",
            icon_png=b"x" * (MOST_ICON_BYTES + 1),
            icon_url="nowhere",
            language="fr",
            card_picture="17",
            call_key="k" * 1000,
        ),
        needs_consent=True,
    )
    assert list(told) == [
        "birth_date",
        "mbti",
        "consent",
        "icon_png",
        "icon_url",
        "language",
        "card_picture",
        "request_id",
    ]
    assert told["birth_date"] == "there is no such day"


def test_consent_is_demanded_of_people_only() -> None:
    assert check(GOOD)
    assert list(problems(GOOD, needs_consent=True)) == ["consent"]
    assert check(replace(GOOD, consent=True), needs_consent=True)


def test_a_fault_repeats_nothing_that_was_sent() -> None:
    with pytest.raises(PawtraitError) as caught:
        check(replace(GOOD, birth_date="1993-05-1X", mbti="MyMy"))
    assert "1993-05-1X" not in str(caught.value.metadata) + caught.value.message
    assert "MyMy" not in str(caught.value.metadata) + caught.value.message


@pytest.mark.parametrize(
    "change",
    [
        {"birth_date": "1993-05-18"},
        {"mbti": "ENFP"},
        {"seed": 3},
        {"consent": True},
        {"language": "ko"},
        {"card_picture": "gallery"},
    ],
)
def test_whatever_differs_is_another_call(change: dict[str, object]) -> None:
    changed = replace(GOOD, **change)  # type: ignore[arg-type]
    assert request_hash(check(changed)) != request_hash(check(GOOD))


@pytest.mark.parametrize("change", [{"call_key": "a"}, {"icon_png": b"icon"}, {"icon_url": "/files/i.png"}])
def test_neither_the_key_nor_the_icon_make_another_call(change: dict[str, object]) -> None:
    changed = replace(GOOD, **change)  # type: ignore[arg-type]
    assert request_hash(check(changed)) == request_hash(check(GOOD))


def test_another_photo_is_another_call() -> None:
    other = check_fields(b"another", GOOD, today=TODAY, needs_consent=False)
    assert request_hash(other) != request_hash(check(GOOD))


def test_answers_survive_being_kept() -> None:
    answer = KeptAnswer(uuid.uuid4(), "token", (("decode", 1.5), ("cards", 20.25)))
    assert parse_answer(format_answer(answer)) == answer
    assert "token" not in repr(answer)
