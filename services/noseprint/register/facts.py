"""What an owner says of themselves and of the dog, checked."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.noseprint.register.email_address import normalise_email
from services.noseprint.register.phone import normalise_phone
from shared.errors import PawtraitError, Reason

LONGEST_NAME = 100
"""Characters that a name or a breed may have."""
EARLIEST_BIRTH_YEAR = 1980


class Sex(StrEnum):
    """The sex of a dog."""

    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DogFacts:
    """What is said of a dog; all of it is public."""

    name: str
    """1…100 characters, NFC."""
    breed: str = ""
    """Up to 100 characters; empty: not said."""
    sex: Sex = Sex.UNKNOWN
    birth_year: int | None = None
    """1980 to the present year; None: not said."""


@dataclass(frozen=True, slots=True, repr=False)
class OwnerFacts:
    """What an owner says of themselves; none of it is public, so it has no ``repr`` that a log could show."""

    name: str
    phone: str
    """E.164, e.g. ``+821012345678``."""
    email: str = ""
    """Empty: not given."""

    def __repr__(self) -> str:
        return "OwnerFacts(…)"


def check_dog(
    name: str, breed: str, sex: Sex | None, birth_year: int | None, *, prefix: str = "dog_"
) -> DogFacts:
    """The facts of a dog, trimmed and in NFC.

    Args:
        prefix: put before the names of fields in errors.

    Raises:
        PawtraitError: ``INVALID_FIELD`` naming the field.
    """
    return DogFacts(
        name=check_text(name, f"{prefix}name", LONGEST_NAME),
        breed=check_text(breed, f"{prefix}breed", LONGEST_NAME, shortest=0),
        sex=sex or Sex.UNKNOWN,
        birth_year=_check_birth_year(birth_year or None, f"{prefix}birth_year"),
    )


def check_owner(name: str, phone: str, email: str, *, region: str) -> OwnerFacts:
    """The facts of an owner, normalised.

    Args:
        region: ISO 3166 code of the country that numbers without one are of.

    Raises:
        PawtraitError: ``INVALID_FIELD`` naming ``owner_name``, ``owner_phone`` or ``owner_email``.
    """
    return OwnerFacts(
        name=check_text(name, "owner_name", LONGEST_NAME),
        phone=normalise_phone(phone, region, field="owner_phone"),
        email=normalise_email(email, field="owner_email") if email.strip() else "",
    )


def check_text(text: str, field: str, longest: int, *, shortest: int = 1, lines: bool = False) -> str:
    """``text`` in NFC without blanks around it.

    Args:
        lines: whether it may have several.

    Raises:
        PawtraitError: ``INVALID_FIELD``: too short, too long, or with control characters in it.
    """
    normal = unicodedata.normalize("NFC", text).strip()
    if not shortest <= len(normal) <= longest:
        raise PawtraitError(
            Reason.INVALID_FIELD, f"{field} must have {shortest} to {longest} characters", {"field": field}
        )
    allowed = "\n\r\t" if lines else ""
    # Cc: control characters; Cs: lone surrogates, which no database stores.
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in allowed for char in normal):
        raise PawtraitError(
            Reason.INVALID_FIELD, f"{field} must not have control characters", {"field": field}
        )
    return normal


def _check_birth_year(year: int | None, field: str) -> int | None:
    if year is not None and not EARLIEST_BIRTH_YEAR <= year <= date.today().year:
        raise PawtraitError(
            Reason.INVALID_FIELD,
            f"{field} must lie between {EARLIEST_BIRTH_YEAR} and the present year",
            {"field": field},
        )
    return year
