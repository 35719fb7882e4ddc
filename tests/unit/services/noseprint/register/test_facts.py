"""What owners and dogs may be said to be."""

import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.noseprint.register.facts import DogFacts, OwnerFacts, Sex, check_dog, check_owner
from services.noseprint.register.phone import last_four, normalise_phone
from services.noseprint.register.registration_number import (
    compose,
    distinct,
    initial_of,
    is_masked,
    is_number,
    mask,
)
from shared.errors import PawtraitError, Reason

SEOUL = ZoneInfo("Asia/Seoul")
NOON = datetime(2026, 11, 20, 5, 30, 15, 999_999, tzinfo=UTC)


class TestPhone:
    @pytest.mark.parametrize(
        "text",
        [
            "010-1234-5678",
            "01012345678",
            "+82 10 1234 5678",
            "+82-(0)10-1234-5678",
            "０１０ １２３４ ５６７８",
        ],
    )
    def test_every_spelling_is_one_number(self, text: str) -> None:
        assert normalise_phone(text, "KR", field="owner_phone") == "+821012345678"

    def test_a_number_of_another_country_keeps_it(self) -> None:
        assert normalise_phone("+44 20 7946 0958", "KR", field="owner_phone") == "+442079460958"
        assert normalise_phone("020 7946 0958", "GB", field="owner_phone") == "+442079460958"

    @pytest.mark.parametrize(
        "text", ["", "12", "call me", "010-1234", "+999 123 456 789", "0" * 500, "\x00", "٠"]
    )
    def test_a_number_that_cannot_exist_names_the_field_and_not_itself(self, text: str) -> None:
        with pytest.raises(PawtraitError) as caught:
            normalise_phone(text, "KR", field="owner_phone")
        assert caught.value.reason is Reason.INVALID_FIELD
        assert caught.value.metadata == {"field": "owner_phone"}
        assert len(text) < 3 or text not in caught.value.message

    def test_last_four_digits(self) -> None:
        assert last_four("+821012345678") == "5678"


class TestInitial:
    @pytest.mark.parametrize(
        ("name", "initial"),
        [
            ("꿍이", "ㄲ"),
            (unicodedata.normalize("NFD", "꿍이"), "ㄲ"),
            ("가을", "ㄱ"),
            ("힣", "ㅎ"),
            ("아리", "ㅇ"),
            ("ㅋㅋ", "ㅋ"),
            ("rex", "R"),
            ("éclair", "É"),
            ("ßen", "S"),
            ("ǆora", "Ǆ"),
            ("жук", "Ж"),
            ("犬", "犬"),
            ("♥ bella", "B"),
            ("7", "7"),
            ("!!", "0"),
        ],
    )
    def test_of_a_name(self, name: str, initial: str) -> None:
        assert initial_of(name) == initial

    def test_every_syllable_has_the_initial_that_unicode_decomposes_it_to(self) -> None:
        leads = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
        for code in range(0xAC00, 0xD7A4, 97):
            lead = unicodedata.normalize("NFD", chr(code))[0]
            assert initial_of(chr(code)) == leads[ord(lead) - 0x1100]


class TestRegistrationNumber:
    def test_is_time_initial_and_digits(self) -> None:
        assert compose(NOON, SEOUL, "꿍이", "5678") == "20261120143015-ㄲ-5678"
        assert compose(NOON, ZoneInfo("UTC"), "Rex", "0001") == "20261120053015-R-0001"

    def test_a_second_one_gets_a_short_suffix(self) -> None:
        number = "20261120143015-ㄲ-5678"
        assert distinct(number, set()) == number
        assert distinct(number, {number}) == f"{number}-2"
        assert distinct(number, {number, f"{number}-2", f"{number}-3"}) == f"{number}-4"

    @pytest.mark.parametrize("number", ["20261120143015-ㄲ-5678", "20261120143015-ㄲ-5678-12"])
    def test_masked_shows_no_digit_of_the_phone(self, number: str) -> None:
        masked = mask(number)
        assert masked == "20261120143015-ㄲ-****"
        assert is_masked(masked)
        assert not is_masked(number)
        assert is_number(number)
        assert is_number(masked)

    @pytest.mark.parametrize(
        "text", ["", "1-2-3", "20261120143015-ㄲ-567", "' OR 1=1 --", "%", "20261120143015-\x00-5678"]
    )
    def test_anything_else_is_none(self, text: str) -> None:
        assert not is_number(text)
        with pytest.raises(ValueError, match="not a registration number"):
            mask(text)


class TestDog:
    def test_is_trimmed_and_composed(self) -> None:
        assert check_dog("  꿍이 ", " 진돗개 ", None, 0) == DogFacts("꿍이", "진돗개", Sex.UNKNOWN, None)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"name": ""}, "dog_name"),
            ({"name": " "}, "dog_name"),
            ({"name": "x" * 101}, "dog_name"),
            ({"name": "a\x00b"}, "dog_name"),
            ({"name": "a\nb"}, "dog_name"),
            ({"name": "\ud800"}, "dog_name"),
            ({"breed": "x" * 101}, "dog_breed"),
            ({"birth_year": 1979}, "dog_birth_year"),
            ({"birth_year": 3000}, "dog_birth_year"),
            ({"birth_year": -1}, "dog_birth_year"),
        ],
    )
    def test_says_which_field_is_wrong(self, change: dict[str, object], field: str) -> None:
        facts: dict[str, object] = {"name": "Rex", "breed": "", "sex": None, "birth_year": None, **change}
        with pytest.raises(PawtraitError) as caught:
            check_dog(**facts)  # type: ignore[arg-type]
        assert caught.value.metadata == {"field": field}


class TestOwner:
    def test_is_normalised(self) -> None:
        owner = check_owner(" 홍길동 ", "010 1234 5678", "Hong@EXAMPLE.com", region="KR")
        assert owner == OwnerFacts("홍길동", "+821012345678", "Hong@example.com")
        assert "홍길동" not in repr(owner)

    @pytest.mark.parametrize("email", ["x", "a@b", "a b@example.com", "a@example.com\nBcc: b@example.com"])
    def test_an_address_that_is_none_is_refused(self, email: str) -> None:
        with pytest.raises(PawtraitError) as caught:
            check_owner("Hong", "010 1234 5678", email, region="KR")
        assert caught.value.metadata == {"field": "owner_email"}

    def test_no_address_is_fine(self) -> None:
        assert check_owner("Hong", "010 1234 5678", " ", region="KR").email == ""
