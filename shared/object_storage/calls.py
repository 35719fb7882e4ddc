"""An object storage as code on the event loop calls it."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from shared.breaker import Breaker
from shared.errors import PawtraitError, Reason
from shared.object_storage.interface import ObjectStorage, StoredObject, storage_failed
from shared.object_storage.keys import media_type_of

Result = TypeVar("Result")

SECONDS = 5.0
"""Longest that a caller waits for the storage: well within the gateway's deadline, so that it answers."""
FAILURES = 3
"""Calls in a row without an answer in time, after which the storage is left alone."""
PAUSE = 1.0
"""Seconds that it is left alone; then one call finds out."""

_THREADS = 4
_TOO_LATE = frozenset({"TimeoutError", "ReadTimeoutError", "ConnectTimeoutError"})


class StorageCalls:
    """Calls a storage in threads of its own, so that nothing else waits while the storage hangs.

    Every method raises ``PawtraitError``: ``STORAGE_FULL``, or ``SERVICE_UNAVAILABLE`` with ``service`` =
    ``storage`` when it fails, gives no answer in time, or is left alone because it gave none before. What was
    begun may still come about then.

    Args:
        storage: what is called.
        seconds: longest that a caller waits; None: :data:`SECONDS`.
    """

    def __init__(self, storage: ObjectStorage, seconds: float | None = None) -> None:
        self._storage = storage
        self._seconds = SECONDS if seconds is None else seconds
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="storage")
        self._breaker = Breaker(
            "storage", came_too_late=_came_too_late, refusal=_left_alone, failures=FAILURES, pause=PAUSE
        )

    async def put(self, key: str, data: bytes) -> None:
        """Keep ``data``, of the media type that the key's extension stands for."""
        await self._call("writing", functools.partial(self._storage.put, key, data, media_type_of(key)))

    async def get(self, key: str) -> StoredObject | None:
        """The object, None when there is none."""
        return await self._call("reading", functools.partial(self._storage.get, key))

    async def delete(self, key: str) -> None:
        """Remove the object; nothing happens when there is none."""
        await self._call("deleting", functools.partial(self._storage.delete, key))

    def close(self) -> None:
        """Let running work finish and drop what has not begun."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _call(self, doing: str, call: Callable[[], Result]) -> Result:
        async with self._breaker.call():
            try:
                async with asyncio.timeout(self._seconds):
                    return await asyncio.get_running_loop().run_in_executor(self._threads, call)
            except TimeoutError as error:
                raise storage_failed(doing, error) from error


def _came_too_late(error: BaseException) -> bool:
    return isinstance(error, PawtraitError) and error.metadata.get("cause") in _TOO_LATE


def _left_alone() -> PawtraitError:
    return PawtraitError(
        Reason.SERVICE_UNAVAILABLE, "The object storage does not answer.", {"service": "storage"}
    )
