"""Files that are there in full or not at all, whatever happens while they are written."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".unfinished-"
"""Names of files that are being written begin like this."""


@contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write to, mode 0600, which gets its name when the block ends well.

    Until then a file that was there before stays; when the block or the disk fails, nothing else is left.

    Args:
        path: in a folder that exists.
        durable: whether it has to outlive a power cut.

    Raises:
        OSError: it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def write_whole(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write ``content`` as :func:`whole_file` does."""
    with whole_file(path, durable=durable) as file:
        file.write(content)


def sync_folder(folder: Path) -> None:
    """Make what was renamed in ``folder`` outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
