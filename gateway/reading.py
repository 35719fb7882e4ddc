"""Reads a dog from a photo: heads once, then traits and colours side by side."""

import asyncio
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gateway.answers import FaceColours, Head, Heads, Provenance, Traits
from gateway.deadline import Deadline
from shared.errors import ErrorKind, PawtraitError, Reason
from shared.geometry import Box

CENTRE = Box(0.25, 0.2, 0.75, 0.8)
"""Where a face most likely is when a dog is in the photo and no head was found: people centre it."""

TRAITS = "traits"
FACECOLOR = "facecolor"

Answer = TypeVar("Answer")


class TraitsReader(Protocol):
    """Says what kind of dog a photo shows."""

    async def classify(self, photo: bytes, head: Box | None, deadline: Deadline) -> Traits: ...  # noqa: D102


class FaceReader(Protocol):
    """Finds heads and reads their colours."""

    async def detect_heads(self, photo: bytes, deadline: Deadline) -> Heads: ...  # noqa: D102
    async def read_colours(self, photo: bytes, head: Box, deadline: Deadline) -> FaceColours: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a photo.

    ``traits`` and ``colours`` are ``None`` when their service is down or was not asked, ``head`` when
    none was found. ``timings`` are the wall times of the calls, in milliseconds.
    """

    head: Head | None
    head_count: int
    heads_provenance: Provenance | None
    traits: Traits | None
    colours: FaceColours | None
    down: Mapping[str, PawtraitError]
    timings: Mapping[str, float]

    def need_traits(self) -> Traits:
        """The traits.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``: their service is down.

        """
        if self.traits is None:
            raise self.down[TRAITS]
        return self.traits

    def need_colours(self) -> FaceColours:
        """The colours.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``: their service is down.

        """
        if self.colours is None:
            raise self.down[FACECOLOR]
        return self.colours


@dataclass(frozen=True, slots=True)
class _Down:
    """Stands for the answer of a service that is not there."""

    error: PawtraitError


class DogReader:
    """Puts the traits and the face-colour service together.

    Only a service that is not there makes an answer partial. One that is full or slow fails the whole
    request: else the same photo would get another answer under load than alone.
    """

    def __init__(self, traits: TraitsReader, faces: FaceReader) -> None:
        self._traits = traits
        self._faces = faces

    async def read(self, photo: bytes, deadline: Deadline, *, colours: bool = True) -> Reading:
        """Read traits and, if wanted, colours; what a service that is down would have said is left out.

        The traits are always read: they tell whether there is a dog at all.

        Raises:
            PawtraitError: ``NO_DOG_FOUND``; ``SERVICE_UNAVAILABLE`` when a service is full, all are down,
                or nothing is left that could tell a dog from a sofa; ``DEADLINE_EXCEEDED``.

        """
        timings: dict[str, float] = {}
        heads = await _timed("heads", timings, _unless_down(self._faces.detect_heads(photo, deadline)))
        found = () if isinstance(heads, _Down) else heads.heads
        head = found[0] if found else None
        box = head.box if head else None
        classify = _timed("traits", timings, _unless_down(self._traits.classify(photo, box, deadline)))
        swatches: FaceColours | _Down | None = None
        if isinstance(heads, _Down):
            traits = await classify
            swatches = heads
        elif not colours:
            traits = await classify
        else:
            traits, swatches = await _both(
                classify,
                _timed(
                    "face_colors",
                    timings,
                    _unless_down(self._faces.read_colours(photo, box or CENTRE, deadline)),
                ),
            )
        if isinstance(traits, _Down) and (head is None or not isinstance(swatches, FaceColours)):
            raise traits.error
        answers = {TRAITS: traits, FACECOLOR: swatches}
        return Reading(
            head=head,
            head_count=max(len(found), 1),
            heads_provenance=None if isinstance(heads, _Down) else heads.provenance,
            traits=None if isinstance(traits, _Down) else traits,
            colours=None if isinstance(swatches, _Down) else swatches,
            down={name: answer.error for name, answer in answers.items() if isinstance(answer, _Down)},
            timings=timings,
        )


async def _unless_down(call: Coroutine[None, None, Answer]) -> Answer | _Down:
    try:
        return await call
    except PawtraitError as error:
        if error.kind is ErrorKind.UNAVAILABLE:
            return _Down(error)
        raise


async def _timed(name: str, timings: dict[str, float], call: Coroutine[None, None, Answer]) -> Answer:
    begun = time.perf_counter()
    try:
        return await call
    finally:
        timings[name] = round((time.perf_counter() - begun) * 1000, 2)


First = TypeVar("First")
Second = TypeVar("Second")


async def _both(
    first: Coroutine[None, None, First], second: Coroutine[None, None, Second]
) -> tuple[First, Second]:
    """Both answers; the first failure cancels the other call and is raised."""
    one, two = asyncio.ensure_future(first), asyncio.ensure_future(second)
    try:
        await asyncio.wait((one, two), return_when=asyncio.FIRST_EXCEPTION)
        # When both have failed, what is said about the photo itself comes first.
        failures = [error for task in (one, two) if task.done() and (error := task.exception())]
        failures.sort(key=lambda error: getattr(error, "reason", None) is not Reason.NO_DOG_FOUND)
        for error in failures:
            raise error
        return one.result(), two.result()
    finally:
        one.cancel()
        two.cancel()
