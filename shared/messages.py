"""Vocabulary and common messages between plain Python and protobuf.

Used by servers and clients only; domain code never sees a message.
"""

import re
import uuid
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from pawtrait.common.v1 import common_pb2
from shared.errors import PawtraitError, Reason
from shared.geometry import Box

if TYPE_CHECKING:
    # The type of generated enums has this name in the published types only.
    from google.protobuf.internal.enum_type_wrapper import _EnumTypeWrapper

Word = TypeVar("Word", bound=StrEnum)
Number = TypeVar("Number", bound=int)


def to_number(word: StrEnum, enum: "_EnumTypeWrapper[Number]") -> Number:
    """The enum number of a word: ``Ear.UP`` is ``EAR_UP``."""
    return enum.Value(_prefix(enum) + word.value.upper())


def to_word(
    number: Number, enum: "_EnumTypeWrapper[Number]", words: type[Word], *, field: str
) -> Word | None:
    """The word of an enum number; ``None`` for the zero value.

    Raises:
        PawtraitError: ``INVALID_FIELD`` naming ``field``: a number that the enum does not have.

    """
    if number == 0:
        return None
    if number not in enum.DESCRIPTOR.values_by_number:
        raise PawtraitError(Reason.INVALID_FIELD, f"{field} has no value {int(number)}", {"field": field})
    return words(enum.Name(number).removeprefix(_prefix(enum)).lower())


def _prefix(enum: "_EnumTypeWrapper[Number]") -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", enum.DESCRIPTOR.name).upper() + "_"


def to_box_message(box: Box) -> common_pb2.Box:
    """A box as a message."""
    return common_pb2.Box(x_min=box.x_min, y_min=box.y_min, x_max=box.x_max, y_max=box.y_max)


def to_box(message: common_pb2.Box, *, field: str) -> Box:
    """A box from a message.

    Raises:
        PawtraitError: ``INVALID_FIELD`` naming ``field``: not a box within the picture.

    """
    try:
        return Box(message.x_min, message.y_min, message.x_max, message.y_max)
    except ValueError as error:
        raise PawtraitError(Reason.INVALID_FIELD, str(error), {"field": field}) from error


def to_timings(stages: Iterable[tuple[str, float]]) -> list[common_pb2.StageTime]:
    """Named stage times, in milliseconds, as messages."""
    return [common_pb2.StageTime(stage=name, milliseconds=elapsed) for name, elapsed in stages]


def to_uuid(text: str, field: str) -> uuid.UUID:
    """An id.

    Raises:
        PawtraitError: ``NOT_FOUND``: nothing has an id that is none.

    """
    try:
        return uuid.UUID(text)
    except ValueError:
        raise PawtraitError(Reason.NOT_FOUND, f"there is nothing with this {field}") from None
