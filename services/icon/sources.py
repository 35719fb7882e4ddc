"""Where the files of a style pack come from: a folder here, or any store that can list and read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from shared.object_storage import ObjectStorage


class LayerSource(Protocol):
    """The files of one pack, by name relative to the pack, with ``/`` between folders."""

    def list(self) -> Sequence[str]:
        """The names of all files."""
        ...

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            FileNotFoundError: there is no such file.

        """
        ...


class FolderSource:
    """A pack in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list(self) -> Sequence[str]:
        """The names of all files below the folder, sorted."""
        files = (path for path in self._folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self._folder).as_posix() for path in files)

    def read(self, name: str) -> bytes:
        """The content of a file; a name that would leave the folder is not found."""
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise FileNotFoundError(name)
        return path.read_bytes()


class StorageSource:
    """A pack in object storage, below a prefix."""

    def __init__(self, storage: ObjectStorage, prefix: str) -> None:
        self._storage = storage
        self._prefix = prefix.rstrip("/") + "/"

    def list(self) -> Sequence[str]:
        """The names of all objects below the prefix, sorted."""
        return sorted(key.removeprefix(self._prefix) for key in self._storage.list(self._prefix))

    def read(self, name: str) -> bytes:
        """The content of an object; a name that is no key is not found."""
        try:
            found = self._storage.get(self._prefix + name)
        except ValueError as error:
            raise FileNotFoundError(name) from error
        if found is None:
            raise FileNotFoundError(name)
        return found.data
