"""Where the files of a style pack come from: a folder here, or any store that can list and read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


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
