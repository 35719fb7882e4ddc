"""Removes objects that nobody names."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import islice

from shared.object_storage import ObjectStorage

_BATCH = 500

Unnamed = Callable[[Sequence[str]], Awaitable[list[str]]]
"""Of some keys those that no row names and no announced upload is bringing, seen in one statement."""


async def remove_orphans(storage: ObjectStorage, prefixes: Iterable[str], unnamed: Unnamed) -> int:
    """Remove what lies below the prefixes and is nobody's; how many objects.

    Old announcements have to be taken away before: an upload that still goes on
    then can no longer be named.

    Raises:
        PawtraitError: ``SERVICE_UNAVAILABLE``.
    """
    count = 0
    for prefix in prefixes:
        listed = storage.list(prefix)
        while keys := await asyncio.to_thread(_take, listed):
            orphans = await unnamed(keys)
            for key in orphans:
                await asyncio.to_thread(storage.delete, key)
            count += len(orphans)
    return count


def _take(listed: Iterator[str]) -> list[str]:
    return list(islice(listed, _BATCH))
