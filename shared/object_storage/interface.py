"""What every object storage can do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from shared import metrics
from shared.errors import PawtraitError, Reason
from shared.room import is_full, storage_full


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it was put: its bytes and their media type."""

    data: bytes
    media_type: str


class ObjectStorage(Protocol):
    """Objects by key. Synchronous and safe to use from several threads.

    Keys are described in :mod:`shared.object_storage.keys`; another key is a ``ValueError``. When the
    storage itself fails (server gone, disk broken), every method raises a ``PawtraitError`` with
    ``SERVICE_UNAVAILABLE`` and ``service`` = ``storage``; ``put`` one with ``STORAGE_FULL`` where there is no
    room.
    """

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Keep ``data``; readers see the old object or the new one, never a part.

        A key that names a SHA-256 is not written again when an object of that length is there.

        Raises:
            ValueError: the media type is not the one that the key's extension stands for.
        """

    def get(self, key: str) -> StoredObject | None:
        """The object, None when there is none."""

    def read_public(self, path: str) -> StoredObject | None:
        """The public object that :meth:`url` leads to, by its key without ``public/``.

        ``path`` comes from strangers: whatever is no key is None, and nothing outside ``public/`` is read.
        """

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens when there is none."""

    def exists(self, key: str) -> bool:
        """Whether there is such an object."""

    def list(self, prefix: str) -> Iterator[str]:
        """Keys that begin with ``prefix``, in the order of their characters."""

    def url(self, key: str) -> str:
        """Address of a public object for clients.

        Raises:
            ValueError: the key is not below ``public/``.
        """


def storage_failed(doing: str, cause: Exception) -> PawtraitError:
    """The failure of the storage itself, without anything that gives its place away."""
    if is_full(cause):
        return storage_full("storage", f"The object storage has no room for {doing}.")
    metrics.STORE_FAILURES.labels("storage", "away").inc()
    return PawtraitError(
        Reason.SERVICE_UNAVAILABLE,
        f"The object storage failed while {doing}.",
        {"service": "storage", "cause": type(cause).__name__},
    )
