"""A disk of a few megabytes that tests fill: a real file system, where the tests may mount one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_STEP = 1_000_000


@dataclass(frozen=True)
class SmallDisk:
    """A mounted file system."""

    folder: Path

    @property
    def free(self) -> int:
        """Bytes left."""
        disk = os.statvfs(self.folder)
        return disk.f_bavail * disk.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Use up all room but ``leave`` bytes."""
        with (self.folder / "filling").open("ab", buffering=0) as file:
            try:
                while self.free > leave:
                    file.write(bytes(min(self.free - leave, _STEP)))
            except OSError:
                if leave:
                    raise

    def allow_writing(self, allowed: bool) -> None:
        """Turn it read-only, as systems do with a disk that fails, or back."""
        mode = "rw" if allowed else "ro"
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.folder)], check=True, capture_output=True)

    def free_again(self) -> None:
        """Give the room back."""
        (self.folder / "filling").unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk mounted at a new ``folder`` within the block; skips the test where none can be mounted."""
    folder.mkdir(parents=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        pytest.skip(f"no disk can be mounted here (it takes root and Linux): {made.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: whoever still has a file open there lets go of it when it ends.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
