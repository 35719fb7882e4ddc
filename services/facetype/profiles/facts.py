"""What a caller says for a profile, checked field by field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product

from services.facetype.catalogue import Language

MBTI_TYPES = frozenset("".join(letters) for letters in product("EI", "NS", "FT", "JP"))
"""The sixteen types of the Myers-Briggs indicator."""
EARLIEST_BIRTH = date(1900, 1, 1)
LONGEST_URL = 2000
LONGEST_CALL_KEY = 200

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ADDRESS = re.compile(r"(?:https?://|/)[!-~]*")


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What a profile's holder says of themselves."""

    birth_date: date
    mbti: str
    """Four capital letters."""

    def __repr__(self) -> str:
        # It must not slip into a log.
        return "ProfileFacts(…)"


def parse_birth_date(text: str, today: date) -> date:
    """A date of birth written YYYY-MM-DD.

    Args:
        text: as the caller gave it.
        today: the last day that can be one.

    Raises:
        ValueError: it is none; the message is a sentence for the caller.
    """
    if not text:
        raise ValueError("a date of birth is needed")
    if not _DATE.fullmatch(text):
        raise ValueError("must be written YYYY-MM-DD")
    try:
        born = date.fromisoformat(text)
    except ValueError:
        raise ValueError("there is no such day") from None
    if born > today:
        raise ValueError("must not be in the future")
    if born < EARLIEST_BIRTH:
        raise ValueError(f"must not be before {EARLIEST_BIRTH.isoformat()}")
    return born


def parse_mbti(text: str) -> str:
    """One of the sixteen types in capital letters; the caller may write small ones.

    Raises:
        ValueError: it is none.
    """
    if not text:
        raise ValueError("one of the sixteen types is needed")
    capital = text.upper() if text.isascii() else text
    if capital not in MBTI_TYPES:
        raise ValueError("must be one of the sixteen types, e.g. ENFP")
    return capital


def parse_language(text: str) -> Language:
    """The language of that code; empty is the first.

    Raises:
        ValueError: the catalogue does not have it.
    """
    if not text:
        return next(iter(Language))
    try:
        return Language(text)
    except ValueError:
        raise ValueError(f"must be one of {', '.join(Language)}") from None


def check_address(text: str) -> str:
    """The address of an icon: an http(s) URL or an absolute path; empty is none.

    Raises:
        ValueError: it is neither, or too long.
    """
    if len(text) > LONGEST_URL:
        raise ValueError(f"must have at most {LONGEST_URL} characters")
    if text and not _ADDRESS.fullmatch(text):
        raise ValueError("must be an http(s) URL or an absolute path")
    return text


def check_call_key(text: str) -> str:
    """The caller's name for the call.

    Raises:
        ValueError: it is too long.
    """
    if len(text) > LONGEST_CALL_KEY:
        raise ValueError(f"must have at most {LONGEST_CALL_KEY} characters")
    return text


def in_one_sentence(problems: Mapping[str, str]) -> str:
    """All that is wrong, by field, for developers."""
    return "; ".join(f"{field}: {problem}" for field, problem in problems.items())
