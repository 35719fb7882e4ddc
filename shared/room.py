"""Room on the disks where things are kept, and what is said when there is none.

A disk that is really full stops everything that writes, looking up a dog included. So what makes the data
grow (photos, cards, icons) is refused a little earlier: with the reserve that is left, all else can go on.
"""

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from shared import metrics
from shared.errors import PawtraitError, Reason

RETRY_AFTER = 60
"""Seconds that a caller is told to wait: somebody has to make room."""

_TAKES_NOTHING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, says that a disk takes nothing more.

    That is: no space (ENOSPC), a quota that is used up (EDQUOT, EFBIG), or a disk that was turned read-only
    (EROFS), as systems do with one that fails.
    """
    return any(isinstance(each, OSError) and each.errno in _TAKES_NOTHING for each in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def storage_full(store: str, message: str) -> PawtraitError:
    """The error that callers get, counted.

    Args:
        store: what is full: ``storage``, ``database`` or ``gateway``.
        message: one English sentence.
    """
    metrics.STORE_FAILURES.labels(store, "full").inc()
    return PawtraitError(Reason.STORAGE_FULL, message, {"service": store, "retry_after": str(RETRY_AFTER)})


class Room:
    """Watches that a reserve is left on the disks of some folders.

    Args:
        store: what lies there, for the error.
        folders: gives those that exist just now; one that does not exist yet is passed over.
        reserve: bytes that have to stay free on the disk of each; 0: whatever is left is used.
    """

    def __init__(self, store: str, folders: Callable[[], Iterable[Path]], reserve: int) -> None:
        self._store = store
        self._folders = folders
        self._reserve = reserve

    def check(self, wanted: int = 0) -> None:
        """Return when ``wanted`` bytes more leave the reserve.

        Raises:
            PawtraitError: ``STORAGE_FULL``.
        """
        if self._reserve == 0:
            return
        for folder in self._folders():
            try:
                disk = os.statvfs(folder)
            except FileNotFoundError:
                continue
            if disk.f_bavail * disk.f_frsize - wanted < self._reserve:
                raise storage_full(self._store, "Nothing new is kept: the disk is almost full.")
