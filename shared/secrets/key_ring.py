"""Keys of a service by purpose: where they come from, and how they are changed.

They live in a file outside the database::

    {"fields": {"current": "f-1a2b3c4d", "keys": {"f-1a2b3c4d": "<base64 of 32 bytes>"}}}

Values are written with the current key of their purpose and read with any; a file that changes is read again
at its next use, so that running servers follow a rotation.
"""

import base64
import binascii
import json
import os
import secrets
import stat
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.telemetry import get_logger
from shared.whole_files import write_whole

KEY_BYTES = 32

log = get_logger(__name__)


@dataclass(frozen=True, repr=False)
class KeySet:
    """Keys of one purpose by id, and the one that is written with."""

    current: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"KeySet(current={self.current!r}, ids={sorted(self.keys)})"


@dataclass(frozen=True)
class KeyRing:
    """All keys of a service; ``ring[purpose]`` are those of one purpose."""

    sets: Mapping[str, KeySet]

    def __getitem__(self, purpose: str) -> KeySet:
        return self.sets[purpose]

    def with_new(self, purpose: str) -> "KeyRing":
        """The ring and one new key, which becomes the current one of ``purpose``."""
        old = self.sets[purpose]
        new_id = _new_id(purpose, old.keys)
        new = KeySet(new_id, {**old.keys, new_id: secrets.token_bytes(KEY_BYTES)})
        return KeyRing({**self.sets, purpose: new})

    def without_old(self, purpose: str) -> "KeyRing":
        """The ring with only the current key of ``purpose``."""
        old = self.sets[purpose]
        return KeyRing({**self.sets, purpose: KeySet(old.current, {old.current: old.keys[old.current]})})

    @staticmethod
    def new(purposes: Sequence[str]) -> "KeyRing":
        """A ring of one random key for each purpose."""
        sets = {}
        for purpose in purposes:
            key_id = _new_id(purpose, ())
            sets[purpose] = KeySet(key_id, {key_id: secrets.token_bytes(KEY_BYTES)})
        return KeyRing(sets)


class Keys(Protocol):
    """Gives the ring as it is now."""

    def ring(self) -> KeyRing:
        """The ring."""


class KeyFile:
    """A ring in a file; thread-safe.

    Args:
        path: the file.
        purposes: that the ring has to have keys for, in lower case.
    """

    def __init__(self, path: Path, purposes: Sequence[str]) -> None:
        self.path = path
        self._purposes = tuple(purposes)
        self._lock = threading.Lock()
        self._read_at: tuple[int, int] | None = None
        self._ring: KeyRing | None = None

    def create_if_missing(self) -> bool:
        """Make the file with new keys, mode 0600, unless there is one; whether it was made.

        Of several processes that start at the same time one makes it, and the others read it.

        Raises:
            OSError: it cannot be written.
        """
        if self.path.exists():
            self._warn_if_open()
            return False
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        finished = self.path.with_name(f".new-{secrets.token_hex(8)}")
        write_whole(finished, format_ring(KeyRing.new(self._purposes)).encode())
        try:
            os.link(finished, self.path)  # unlike renaming, never over a file of somebody faster
        except FileExistsError:
            return False
        finally:
            finished.unlink()
        log.warning(
            "keys_created",
            path=str(self.path),
            hint="without this file encrypted data cannot be read: keep a copy apart from the database's",
        )
        return True

    def ring(self) -> KeyRing:
        """The ring, read again when the file has changed.

        Raises:
            FileNotFoundError: there is no file.
            ValueError: it is not a ring.
        """
        state = self.path.stat()
        version = (state.st_mtime_ns, state.st_ino)
        with self._lock:
            if self._ring is None or version != self._read_at:
                self._ring = parse_ring(self.path.read_text(encoding="utf-8"), self._purposes)
                self._read_at = version
            return self._ring

    def replace(self, ring: KeyRing) -> None:
        """Put ``ring`` into the file, whole or not at all, mode 0600."""
        write_whole(self.path, format_ring(ring).encode())

    def _warn_if_open(self) -> None:
        mode = stat.S_IMODE(self.path.stat().st_mode)
        if mode & 0o077:
            log.warning("keys_readable_by_others", path=str(self.path), mode=oct(mode))


def open_key_file(named: Path | None, default: Path, purposes: Sequence[str]) -> KeyFile:
    """The file of keys that a setting names, or ``default``, which is made when it is missing.

    Raises:
        FileNotFoundError: the setting names a file that is not there.
        ValueError: it is no file of keys for these purposes.
    """
    keys = KeyFile(named or default, purposes)
    if named is None:
        keys.create_if_missing()
    keys.ring()
    return keys


def parse_ring(text: str, purposes: Sequence[str]) -> KeyRing:
    """The ring in the text of a key file; sets of other purposes are kept as they are.

    Raises:
        ValueError: it is not one, or a purpose is missing; the message shows no key.
    """
    try:
        content = json.loads(text)
        names = [*purposes, *(purpose for purpose in content if purpose not in purposes)]
        return KeyRing({purpose: _parse_set(content[purpose]) for purpose in names})
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError, binascii.Error) as error:
        raise ValueError(f"not a file of keys: {type(error).__name__}") from None


def format_ring(ring: KeyRing) -> str:
    """The ring as the text of a key file."""
    content = {
        purpose: {
            "current": keys.current,
            "keys": {key_id: base64.b64encode(key).decode() for key_id, key in keys.keys.items()},
        }
        for purpose, keys in ring.sets.items()
    }
    return json.dumps(content, indent=2) + "\n"


def _parse_set(content: Mapping[str, Mapping[str, str]]) -> KeySet:
    keys = {key_id: base64.b64decode(key, validate=True) for key_id, key in content["keys"].items()}
    current = content["current"]
    if not isinstance(current, str) or current not in keys:
        raise ValueError("not a file of keys: the current key is not among the keys")
    if any(len(key) != KEY_BYTES for key in keys.values()):
        raise ValueError(f"not a file of keys: a key must have {KEY_BYTES} bytes")
    return KeySet(current, keys)


def _new_id(purpose: str, taken: Collection[str]) -> str:
    while (key_id := f"{purpose[0]}-{secrets.token_hex(4)}") in taken:
        pass
    return key_id
