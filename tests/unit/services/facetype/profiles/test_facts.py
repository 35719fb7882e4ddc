"""Dates of birth, the sixteen types, addresses."""

from datetime import date

import pytest

from services.facetype.catalogue import Language
from services.facetype.profiles.facts import (
    LONGEST_CALL_KEY,
    LONGEST_URL,
    MBTI_TYPES,
    ProfileFacts,
    check_address,
    check_call_key,
    parse_birth_date,
    parse_language,
    parse_mbti,
)

TODAY = date(2026, 11, 20)


class TestBirthDate:
    @pytest.mark.parametrize("text", ["1900-01-01", "2024-02-29", "2026-11-20"])
    def test_days_that_were(self, text: str) -> None:
        assert parse_birth_date(text, TODAY).isoformat() == text

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "is needed"),
            ("2026-02-30", "no such day"),
            ("2025-02-29", "no such day"),
            ("2026-13-01", "no such day"),
            ("0000-01-01", "no such day"),
            ("2026-11-21", "future"),
            ("9999-12-31", "future"),
            ("1899-12-31", "before 1900-01-01"),
            ("17.5.1993", "YYYY-MM-DD"),
            ("19930517", "YYYY-MM-DD"),
            ("1993-W20-1", "YYYY-MM-DD"),
            ("1993-5-17", "YYYY-MM-DD"),
            ("1993-05-17\n", "YYYY-MM-DD"),
            ("1993-05-17T00:00", "YYYY-MM-DD"),
            ("١٩٩٣-٠٥-١٧", "YYYY-MM-DD"),
            ("9" * 10_000, "YYYY-MM-DD"),
        ],
    )
    def test_others_are_told_why(self, text: str, told: str) -> None:
        with pytest.raises(ValueError, match=told):
            parse_birth_date(text, TODAY)


class TestMbti:
    def test_there_are_sixteen(self) -> None:
        assert len(MBTI_TYPES) == 16
        assert {"ENFP", "ISTJ"} <= MBTI_TYPES

    @pytest.mark.parametrize(("text", "mbti"), [("ENFP", "ENFP"), ("enfp", "ENFP"), ("iNtJ", "INTJ")])
    def test_case_makes_no_difference(self, text: str, mbti: str) -> None:
        assert parse_mbti(text) == mbti

    # The last has letters that only look like others, and one whose capital is an ASCII I.
    @pytest.mark.parametrize("text", ["", "ABCD", "ENF", "ENFPX", " ENFP", "ENFP\x00", "ЕNFP", "ıNFP"])
    def test_others_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="sixteen"):
            parse_mbti(text)


class TestOthers:
    def test_languages(self) -> None:
        assert parse_language("") is Language.EN
        assert parse_language("ko") is Language.KO
        with pytest.raises(ValueError, match="en, ko"):
            parse_language("de")

    @pytest.mark.parametrize("text", ["", "/files/icons/a.png", "https://pawtrait.example/files/a.png"])
    def test_addresses(self, text: str) -> None:
        assert check_address(text) == text

    @pytest.mark.parametrize(
        "text",
        ["javascript:alert(1)", "ftp://x", "files/a.png", "/a b", "/a\n", "/ä", "/" + "a" * LONGEST_URL],
    )
    def test_other_addresses_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="must"):
            check_address(text)

    def test_call_keys_have_an_end(self) -> None:
        assert check_call_key("k" * LONGEST_CALL_KEY)
        with pytest.raises(ValueError, match="at most"):
            check_call_key("k" * (LONGEST_CALL_KEY + 1))

    def test_facts_show_nothing(self) -> None:
        shown = repr(ProfileFacts(date(1993, 5, 17), "INFJ"))
        assert "1993" not in shown
        assert "INFJ" not in shown
