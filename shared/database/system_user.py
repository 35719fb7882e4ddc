"""The user that PostgreSQL runs as: it refuses to be root, who is often the only user in a container."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_NAMES = ("pawtrait", "postgres")
_SEARCHABLE = stat.S_IXOTH


@dataclass(frozen=True)
class SystemUser:
    """Who PostgreSQL's processes are."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether that is somebody else than this process."""
        return self.uid != os.geteuid()

    def become(self) -> None:
        """Turn this process into that user's, for good."""
        if self.is_other:
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)


def user_for(data: Path) -> SystemUser:
    """The user to run as.

    That is whoever runs this; as root it is the owner of the data, or a system user made for the
    purpose where there is none yet.

    Args:
        data: the cluster's folder, which need not exist.

    Raises:
        OSError: as root, when no other user exists or can be made.

    """
    if os.geteuid() != 0:
        return SystemUser(os.geteuid(), os.getegid())
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return SystemUser(owner.st_uid, owner.st_gid)
    for name in _NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return SystemUser(entry.pw_uid, entry.pw_gid)
    return _made(_NAMES[0])


def _made(name: str) -> SystemUser:
    tool = shutil.which("useradd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if tool is None:
        raise OSError("PostgreSQL does not run as root, and there is no useradd to make another user with")
    made = subprocess.run(  # noqa: S603
        [tool, "--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin", name],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        raise OSError(
            f"PostgreSQL does not run as root, and no user can be made for it: {made.stderr.strip()}"
        )
    entry = pwd.getpwnam(name)
    return SystemUser(entry.pw_uid, entry.pw_gid)


def open_the_way(path: Path, user: SystemUser) -> list[Path]:
    """Let another user reach ``path`` through the folders above it.

    Only the right to pass (``o+x``) is added, where it is missing; nothing becomes listable or readable.

    Returns:
        The folders that were changed.

    """
    if not user.is_other:
        return []
    changed = [folder for folder in path.resolve().parents if not _may_pass(folder.stat(), user)]
    for folder in changed:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | _SEARCHABLE)
    return changed


def let_run(folder: Path, user: SystemUser) -> None:
    """Let another user read and run the programs below ``folder``, should the umask have forbidden it."""
    if not user.is_other or _open_to_others(folder):
        return
    for path in (folder, *_everything_below(folder)):
        mode = stat.S_IMODE(path.stat().st_mode)
        runs = stat.S_IXOTH if mode & stat.S_IXUSR else 0
        path.chmod(mode | stat.S_IROTH | runs)


def _may_pass(folder: os.stat_result, user: SystemUser) -> bool:
    if folder.st_uid == user.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == user.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def _open_to_others(folder: Path) -> bool:
    program = folder / "bin" / "postgres"
    return all(path.stat().st_mode & _SEARCHABLE for path in (folder, program.parent, program))


def _everything_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if not path.is_symlink())
