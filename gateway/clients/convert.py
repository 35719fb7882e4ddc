"""Common messages to plain Python. A service that answers nonsense is at fault itself, not the caller."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.answers import Provenance
from pawtrait.common.v1 import common_pb2
from shared.errors import PawtraitError, Reason
from shared.geometry import Box
from shared.messages import Number, Word, to_box, to_word

if TYPE_CHECKING:
    from google.protobuf.internal.enum_type_wrapper import _EnumTypeWrapper


def provenance_of(model: common_pb2.ModelInfo, timings: Iterable[common_pb2.StageTime]) -> Provenance:
    """Model and stage times of an answer."""
    return Provenance(
        model.name, model.version, {stage.stage: round(stage.milliseconds, 2) for stage in timings}
    )


def word_of(number: Number, enum: "_EnumTypeWrapper[Number]", words: type[Word], *, field: str) -> Word:
    """The word of an enum number that a service must have set.

    Raises:
        PawtraitError: ``INTERNAL``: it has not, or to one of a newer contract.

    """
    try:
        word = to_word(number, enum, words, field=field)
    except (PawtraitError, ValueError) as error:
        raise _nonsense(field) from error
    if word is None:
        raise _nonsense(field)
    return word


def box_of(message: common_pb2.Box) -> Box:
    """A box that a service found.

    Raises:
        PawtraitError: ``INTERNAL``: it is no box.

    """
    try:
        return to_box(message, field="box")
    except PawtraitError as error:
        raise _nonsense("box") from error


def probability(value: float) -> float:
    """A probability for people: four decimals say more than any model knows."""
    return round(min(max(value, 0.0), 1.0), 4)


def _nonsense(field: str) -> PawtraitError:
    return PawtraitError(Reason.INTERNAL, f"a service answered without a usable {field}")
