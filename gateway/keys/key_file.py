"""The file of keys: read by gateways, written by the command, whole or not at all."""

import fcntl
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gateway.keys.api_key import ApiKey, from_plain, take_apart, to_plain
from shared.telemetry import get_logger
from shared.whole_files import write_whole

log = get_logger(__name__)


class KeyFile:
    """Keys in a JSON file, of which only hashes are kept. A file that changes is read again at its next use.

    Args:
        path: the file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._keys: Mapping[str, ApiKey] = {}
        self._unusable = ""
        """What was said last of a file that cannot be read."""

    def keys(self) -> Mapping[str, ApiKey]:
        """All keys by id, revoked ones too; none when there is no file.

        Raises:
            ValueError: it is not a file of keys.
            OSError: it cannot be read.
        """
        try:
            state = self.path.stat()
        except FileNotFoundError:
            return {}
        version = (state.st_mtime_ns, state.st_ino)
        with self._lock:
            if version != self._seen:
                self._keys = _parse(self.path.read_text(encoding="utf-8"))
                self._seen = version
            return self._keys

    def find(self, shown: str) -> ApiKey | None:
        """The key that a caller shows, if it is one that holds.

        While the file cannot be read, the keys that it had before are those that hold.
        """
        parts = take_apart(shown)
        if parts is None:
            return None
        key_id, secret = parts
        try:
            keys, self._unusable = self.keys(), ""
        except (ValueError, OSError) as error:
            keys = self._keys
            if str(error) != self._unusable:
                self._unusable = str(error)
                log.error("api_keys_unusable", reason=self._unusable, hint="those before still hold")
        key = keys.get(key_id)
        return key if key is not None and key.accepts(secret, datetime.now(UTC)) else None

    def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        with self._writing() as keys:
            keys[key.id] = key

    def change(self, key_id: str, change: Callable[[ApiKey], ApiKey]) -> None:
        """Put what ``change`` makes of a key in its place.

        Raises:
            LookupError: there is no such key.
        """
        with self._writing() as keys:
            if key_id not in keys:
                raise LookupError(f"there is no key {key_id}")
            keys[key_id] = change(keys[key_id])

    def revoke(self, key_id: str) -> None:
        """Accept a key no more; it stays listed.

        Raises:
            LookupError: there is no such key.
        """
        now = datetime.now(UTC)
        self.change(key_id, lambda key: key if key.revoked_at else replace(key, revoked_at=now))

    @contextmanager
    def _writing(self) -> Iterator[dict[str, ApiKey]]:
        """The keys, to be changed; two commands at once wait for each other."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            keys = dict(_parse(self.path.read_text(encoding="utf-8"))) if self.path.exists() else {}
            yield keys
            text = json.dumps({"keys": [to_plain(key) for key in keys.values()]}, indent=2)
            write_whole(self.path, f"{text}\n".encode())


def _parse(text: str) -> dict[str, ApiKey]:
    try:
        found = [from_plain(entry) for entry in json.loads(text)["keys"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a file of API keys: {error}") from None
    return {key.id: key for key in found}
