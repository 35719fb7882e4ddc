"""Objects as files below one folder."""

import os
from collections.abc import Iterator
from pathlib import Path

from shared.object_storage.interface import StoredObject, storage_failed
from shared.object_storage.keys import (
    FILES_PATH,
    PUBLIC_PREFIX,
    check_key,
    check_media_type,
    check_prefix,
    check_public,
    is_content_addressed,
    is_key,
    media_type_of,
)
from shared.room import Room
from shared.whole_files import write_whole


class FolderStorage:
    """An :class:`~shared.object_storage.interface.ObjectStorage` in a folder, made when it is missing.

    Nothing below the folder is reached through a symbolic link. Public objects are served by the gateway.

    Args:
        root: the folder.
        public_base_url: how clients reach the gateway; empty gives addresses that are paths.
        reserve: bytes that stay free on its disk: what would take of them is refused.

    Raises:
        PawtraitError: the folder cannot be made.
    """

    def __init__(self, root: Path, public_base_url: str = "", *, reserve: int = 0) -> None:
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_failed("making its folder", error) from error
        self._root = root.resolve()
        self._public_base_url = public_base_url.rstrip("/")
        self._room = Room("storage", lambda: (self._root,), reserve)

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Write beside the target, then rename: readers see the whole object or none."""
        path = self._path(key)
        check_media_type(key, media_type)
        try:
            if is_content_addressed(key) and path.is_file() and path.stat().st_size == len(data):
                return
            self._room.check(len(data))
            path.parent.mkdir(parents=True, exist_ok=True)
            self._check_links(path)
            # What is public can be made again; what is not has to outlive a power cut. No key begins like the
            # name of an unfinished file, so those are never read or listed.
            write_whole(path, data, durable=not key.startswith(PUBLIC_PREFIX))
        except OSError as error:
            raise storage_failed("writing", error) from error

    def get(self, key: str) -> StoredObject | None:
        """The object, None when there is none."""
        path = self._path(key)
        try:
            return StoredObject(path.read_bytes(), media_type_of(key))
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise storage_failed("reading", error) from error

    def read_public(self, path: str) -> StoredObject | None:
        """The public object behind an address; None for anything else."""
        key = PUBLIC_PREFIX + path
        if not is_key(key):
            return None
        try:
            return self.get(key)
        except ValueError:  # a link that somebody put there
            return None

    def delete(self, key: str) -> None:
        """Remove the file; its folder stays."""
        try:
            self._path(key).unlink()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return
        except OSError as error:
            raise storage_failed("deleting", error) from error

    def exists(self, key: str) -> bool:
        """Whether there is such a file."""
        return self._path(key).is_file()

    def list(self, prefix: str) -> Iterator[str]:
        """Keys that begin with ``prefix``, in the order of their characters."""
        check_prefix(prefix)
        folder, _, _ = prefix.rpartition("/")
        return _keys(self._root / folder, f"{folder}/" if folder else "", prefix)

    def url(self, key: str) -> str:
        """``<public_base_url>/files/<key without public/>``."""
        return f"{self._public_base_url}{FILES_PATH}{check_public(key)}"

    def _path(self, key: str) -> Path:
        path = self._root / check_key(key)
        self._check_links(path)
        return path

    def _check_links(self, path: Path) -> None:
        if Path(os.path.realpath(path)) != path:
            raise ValueError(f"a symbolic link leads away from the key {path.relative_to(self._root)}")


def _keys(folder: Path, inside: str, prefix: str) -> Iterator[str]:
    """Keys below ``folder``, whose own key is ``inside``, that begin with ``prefix``."""
    try:
        with os.scandir(folder) as entries:
            # A folder sorts as its keys do, with the slash; so the order is the one of S3.
            found = sorted(
                (f"{inside}{entry.name}/" if entry.is_dir(follow_symlinks=False) else f"{inside}{entry.name}")
                for entry in entries
                if not entry.is_symlink()
            )
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise storage_failed("listing", error) from error
    for key in found:
        if key.endswith("/"):
            if key.startswith(prefix) or prefix.startswith(key):
                yield from _keys(folder / key.removeprefix(inside), key, prefix)
        elif key.startswith(prefix) and is_key(key):
            yield key
