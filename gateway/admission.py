"""Bounds how many photos are worked on, and how many wait for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.errors import ErrorKind, PawtraitError, Reason


class Admission:
    """Lets a few in, a few more wait, and refuses the rest at once.

    A short queue smooths bursts; a long one would only make every answer late. Waiting is first come,
    first served.

    Args:
        in_progress: most at work at the same time.
        waiting: most that wait.
        wait_seconds: longest wait.

    """

    def __init__(self, in_progress: int, waiting: int, wait_seconds: float) -> None:
        self._slots = asyncio.Semaphore(in_progress)
        self._limit = waiting
        self._wait_seconds = wait_seconds
        self.waiting = 0
        self.in_progress = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold a place at work.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``: too many wait already, or the wait was too long.

        """
        await self._enter()
        self.in_progress += 1
        try:
            yield
        finally:
            self.in_progress -= 1
            self._slots.release()

    async def _enter(self) -> None:
        if self._slots.locked() and self.waiting >= self._limit:
            raise _full()
        self.waiting += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise _full() from None
        finally:
            self.waiting -= 1


def _full() -> PawtraitError:
    return PawtraitError(
        Reason.SERVICE_UNAVAILABLE,
        "too many photos are being worked on",
        {"service": "gateway"},
        kind=ErrorKind.FULL,
    )
