"""A call to make a profile, its checks, and how its answer is kept for a repeated call."""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from services.facetype.card_drawing import MOST_ICON_BYTES, PictureChoice
from services.facetype.catalogue import Language
from services.facetype.profiles.facts import (
    ProfileFacts,
    check_address,
    check_call_key,
    in_one_sentence,
    parse_birth_date,
    parse_language,
    parse_mbti,
)
from shared.errors import PawtraitError, Reason

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class GivenFields:
    """A call as it came, but for the photo; text is not checked."""

    birth_date: str = field(default="", repr=False)
    mbti: str = field(default="", repr=False)
    seed: int | None = None
    consent: bool = False
    icon_png: bytes = field(default=b"", repr=False)
    icon_url: str = ""
    language: str = ""
    card_picture: str = ""
    """A :class:`PictureChoice`; empty: the icon."""
    call_key: str = ""


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """What a caller asks for, checked but for the pictures."""

    photo: bytes = field(repr=False)
    facts: ProfileFacts
    language: Language
    card_picture: PictureChoice = PictureChoice.ICON
    seed: int | None = None
    """None: pictures by chance."""
    icon_png: bytes = field(default=b"", repr=False)
    """Empty: none."""
    icon_url: str = ""
    call_key: str = ""
    """Makes a repeated call the same call; empty: none."""
    consent: bool = False


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a repeated call is answered from."""

    profile_id: uuid.UUID
    token: str = field(repr=False)
    stages: tuple[tuple[str, float], ...]
    """Name and milliseconds."""


def check_fields(photo: bytes, given: GivenFields, *, today: date, needs_consent: bool) -> ProfileRequest:
    """Check all fields, before anybody looks at a picture.

    Args:
        today: the last day that a date of birth can be.
        needs_consent: whether the catalogue's subject is people.

    Raises:
        PawtraitError: ``INVALID_FIELD`` with all faulty fields: their names in ``field``, separated by
            commas, and what is wrong with each in ``problems``, a JSON object.
    """
    problems: dict[str, str] = {}

    def checked(name: str, check: Callable[[], Value], otherwise: Value) -> Value:
        try:
            return check()
        except ValueError as error:
            problems[name] = str(error)
            return otherwise

    born = checked("birth_date", lambda: parse_birth_date(given.birth_date, today), today)
    mbti = checked("mbti", lambda: parse_mbti(given.mbti), "")
    if needs_consent and not given.consent:
        problems["consent"] = "the person in the photo has to agree to this"
    if len(given.icon_png) > MOST_ICON_BYTES:
        problems["icon_png"] = f"must have at most {MOST_ICON_BYTES} bytes"
    icon_url = checked("icon_url", lambda: check_address(given.icon_url), "")
    language = checked("language", lambda: parse_language(given.language), Language.EN)
    choice = checked("card_picture", lambda: _parse_choice(given.card_picture), PictureChoice.ICON)
    call_key = checked("request_id", lambda: check_call_key(given.call_key), "")
    if problems:
        raise invalid_fields(problems)
    return ProfileRequest(
        photo=photo,
        facts=ProfileFacts(born, mbti),
        language=language,
        card_picture=choice,
        seed=given.seed,
        icon_png=given.icon_png,
        icon_url=icon_url,
        call_key=call_key,
        consent=given.consent,
    )


def _parse_choice(text: str) -> PictureChoice:
    try:
        return PictureChoice(text or PictureChoice.ICON)
    except ValueError:
        raise ValueError(f"must be one of {', '.join(PictureChoice)}") from None


def invalid_fields(problems: Mapping[str, str]) -> PawtraitError:
    """``INVALID_FIELD`` of several fields at once."""
    return PawtraitError(
        Reason.INVALID_FIELD,
        in_one_sentence(problems),
        {"field": ",".join(problems), "problems": json.dumps(problems, ensure_ascii=False)},
    )


def request_hash(request: ProfileRequest) -> bytes:
    """SHA-256 of what the caller asks for, so that a key is not used for two calls.

    The icon is left out: it is drawn from the photo by services that may be down the next time.
    """
    facts = [
        request.facts.birth_date.isoformat(),
        request.facts.mbti,
        request.language.value,
        request.card_picture.value,
        request.seed,
        request.consent,
    ]
    digest = hashlib.sha256()
    for part in (json.dumps(facts).encode(), request.photo):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.digest()


def format_answer(answer: KeptAnswer) -> str:
    """The answer as text."""
    return json.dumps([str(answer.profile_id), answer.token, answer.stages])


def parse_answer(text: str) -> KeptAnswer:
    """The opposite of :func:`format_answer`."""
    profile_id, token, stages = json.loads(text)
    return KeptAnswer(
        uuid.UUID(profile_id), token, tuple((name, milliseconds) for name, milliseconds in stages)
    )
