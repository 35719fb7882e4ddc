"""Makes a profile: draws the dog's icon where that goes, then asks the face type service."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from gateway.answers import Icon, IconFormat, IconParts, Provenance
from gateway.deadline import Deadline
from gateway.icon_maker import parts_for
from gateway.profile_form import ProfileForm
from gateway.profiles import CreatedProfile, NewProfile
from gateway.reading import Reading
from gateway.state import GatewayState
from shared.errors import ErrorKind, PawtraitError, Reason

ICON_SIZE = 640
"""Pixels: as large as a card shows it."""

FACE_REASONS = frozenset(
    {
        Reason.NO_FACE,
        Reason.CUT_OFF,
        Reason.TOO_SMALL,
        Reason.SEVERAL_FACES,
        Reason.TURNED_AWAY,
        Reason.NOT_CLASSIFIABLE,
    }
)
"""Why a photo that can be read will not do."""

_ABOUT_THE_PHOTO = FACE_REASONS | {Reason.NOT_AN_IMAGE, Reason.PHOTO_TOO_LARGE}
_FAILS_THE_CALL = frozenset({ErrorKind.FULL, ErrorKind.DEADLINE})


@dataclass(frozen=True)
class MadeProfile:
    """A profile that was made, and how."""

    created: CreatedProfile
    partial: tuple[str, ...]
    """Services that were down, so that there is no icon or a plainer one."""
    walls: Mapping[str, float]
    """Wall times of the calls, milliseconds."""
    provenances: Mapping[str, Provenance | None]


@dataclass(frozen=True)
class _Drawn:
    """The icon of a photo, as far as there is one."""

    icon: Icon | None = None
    parts: IconParts | None = None
    reading: Reading | None = None
    down: tuple[str, ...] = ()
    milliseconds: float = 0.0


async def make_profile(
    form: ProfileForm, language: str, call_id: str, state: GatewayState, deadline: Deadline
) -> MadeProfile:
    """Make a profile.

    The icon needs no keeping: its address says what it shows, so nothing is stored before the service
    stores the profile.

    Args:
        form: what the caller sent.
        language: of the card and the answer.
        call_id: makes a repeated call the same call; empty: it is none.
        state: the gateway's.
        deadline: of the caller.

    Raises:
        PawtraitError: the service's refusal, about a field or the photo, named as the caller calls it; a
            service is full or late. That no icon can be drawn is no error.

    """
    try:
        async with state.admission.turn():
            photo = await state.photos.prepare(await form.photo(), deadline)
            drawn = await _draw(photo.content, state, deadline)
            begun = time.perf_counter()
            created = await state.faces.create(
                NewProfile(
                    photo=photo.content,
                    birth_date=date.fromisoformat(form.fields.birth_date),
                    mbti=form.fields.mbti,
                    seed=form.fields.seed,
                    consent=form.fields.consent,
                    language=language,
                    card_picture=form.fields.card_picture,
                    icon_png=drawn.icon.content if drawn.icon else b"",
                    icon_url=_address(drawn.icon, drawn.parts) if drawn.icon and drawn.parts else "",
                    # Always one: a call that the channel repeats must not make a second profile.
                    call_id=call_id or uuid.uuid4().hex,
                ),
                deadline,
            )
    except PawtraitError as error:
        raise _as_the_caller_knows_it(error, form.photo_field) from error
    walls = {
        "photo": photo.milliseconds,
        **(drawn.reading.timings if drawn.reading else {}),
        "icon": drawn.milliseconds,
        "profile": round((time.perf_counter() - begun) * 1000, 2),
    }
    provenances = {
        "icon": drawn.icon.provenance if drawn.icon else None,
        "profile": created.provenance,
    }
    return MadeProfile(created, drawn.down, walls, provenances)


async def _draw(photo: bytes, state: GatewayState, deadline: Deadline) -> _Drawn:
    """Draw the icon of the dog in a photo; nothing where there is no dog or a service is down.

    Raises:
        PawtraitError: a service is full or late: asked again, the same photo shall get its icon.

    """
    reading: Reading | None = None
    begun = time.perf_counter()
    try:
        reading = await state.reader.read(photo, deadline)
        parts = parts_for(reading)
        begun = time.perf_counter()
        icon = await state.icons.compose(parts, IconFormat.PNG, ICON_SIZE, store=False, deadline=deadline)
    except PawtraitError as error:
        if error.kind in _FAILS_THE_CALL:
            raise
        down = list(reading.down) if reading else []
        if error.kind is ErrorKind.UNAVAILABLE:
            down.append(error.metadata.get("service", "icon"))
        return _Drawn(reading=reading, down=tuple(dict.fromkeys(down)))
    spent = round((time.perf_counter() - begun) * 1000, 2)
    return _Drawn(icon, parts, reading, tuple(reading.down), spent)


def _address(icon: Icon, parts: IconParts) -> str:
    """Where the same icon is drawn again, for good: a style's name carries the version of its drawing."""
    query = {
        "ear": parts.ear.value,
        "fur": parts.fur.value,
        "pattern": parts.pattern.value,
        "primary": parts.primary.value,
        "secondary": (parts.secondary or parts.primary).value,
        "head": parts.head.value,
        "beard": str(parts.beard).lower(),
        "size": icon.size,
    }
    return f"/v1/icons/{icon.style}.png?{urlencode(query)}"


def _as_the_caller_knows_it(error: PawtraitError, photo_field: str) -> PawtraitError:
    """The error with the caller's name of the field that it is about."""
    if error.reason in _ABOUT_THE_PHOTO:
        return PawtraitError(
            error.reason, error.message, {**error.metadata, "field": photo_field}, kind=error.kind
        )
    if error.metadata.get("field") == "request_id":
        return PawtraitError(error.reason, error.message, {"field": "Idempotency-Key"}, kind=error.kind)
    return error
