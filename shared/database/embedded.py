"""The PostgreSQL that comes with the system.

``python -m shared.database.embedded FOLDER PORT [PARENT]`` becomes the server of the cluster in FOLDER; that
is how the launcher runs it. With PARENT, a process id, the server ends when that process does.
``POSTGRES_SHARED_BUFFERS`` gives it more memory than it usually takes.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.database.cluster import (
    HOST,
    SHARED_BUFFERS,
    Cluster,
    environment,
    installation,
    prepare,
    shared_buffers_of,
)
from shared.launcher.ports import any_free

STOP_SIGNAL = signal.SIGINT
"""Ends the server quickly and cleanly: PostgreSQL's SIGTERM would wait for its clients to hang up."""

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1


class EmbeddedPostgres:
    """A server of its own, for tests and tools; the launcher supervises its server itself.

    ``with EmbeddedPostgres(folder) as postgres:`` makes the cluster when it is missing, serves it on a free
    port of the loopback, and stops it at the end. On Linux it also ends with the thread that started it.

    Args:
        folder: holds the cluster and its passwords; kept when the server stops.
        shared_buffers: memory for pages of tables and indexes, as PostgreSQL writes it.

    Raises:
        OSError: on entering, when it cannot be made or started.

    """

    def __init__(self, folder: Path, shared_buffers: str = SHARED_BUFFERS) -> None:
        self._folder = folder
        self._shared_buffers = shared_buffers
        self._cluster: Cluster | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self.port = any_free(HOST, set())

    @property
    def url(self) -> str:
        """Address with password, of a role that owns the database and is no superuser."""
        return self._made.url(self.port)

    @property
    def superuser_url(self) -> str:
        """The same, of the superuser."""
        return self._made.superuser_url(self.port)

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self._folder / "log"

    @property
    def pid(self) -> int:
        """Process id of the server."""
        assert self._server is not None  # noqa: S101
        return self._server.pid

    def __enter__(self) -> Self:
        self._cluster = prepare(self._folder)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server, on the same port each time, and wait until it answers.

        Raises:
            OSError: it does not answer in time.

        """
        if self._server is not None and self._server.poll() is None:
            return
        deadline = time.monotonic() + _START_SECONDS
        self._server = self._spawn()
        while not is_ready(self.port):
            if time.monotonic() >= deadline:
                self.stop()
                raise OSError(f"PostgreSQL did not start: {self.log.read_text()[-2000:]}")
            if self._server.poll() is not None:
                # Those that a killed server left behind may still be letting go of its memory.
                time.sleep(0.25)
                self._server = self._spawn()
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server cleanly."""
        self._end(STOP_SIGNAL)

    def kill(self) -> None:
        """Kill it with SIGKILL; :meth:`start` then recovers what was committed."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._server is None:
            return
        if self._server.poll() is None:
            self._server.send_signal(how)
        try:
            self._server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603
                [
                    sys.executable,
                    "-m",
                    "shared.database.embedded",
                    str(self._folder.resolve()),
                    str(self.port),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "POSTGRES_SHARED_BUFFERS": self._shared_buffers},
                cwd=Path(__file__).parents[2],
            )

    @property
    def _made(self) -> Cluster:
        assert self._cluster is not None  # noqa: S101
        return self._cluster


def is_ready(port: int) -> bool:
    """Whether a server on this machine takes connections."""
    asked = subprocess.run(  # noqa: S603
        [str(installation() / "bin" / "pg_isready"), "-q", "-h", HOST, "-p", str(port), "-t", "2"],
        check=False,
        env=environment(),
    )
    return asked.returncode == 0


def serve(folder: Path, port: int, parent: int | None = None) -> None:
    """Become the server of the cluster in ``folder``. Does not return.

    Args:
        folder: as :func:`shared.database.cluster.prepare` left it.
        port: to listen on, on the loopback.
        parent: process whose end ends the server; Linux only, elsewhere the server would linger.

    Raises:
        OSError: the cluster is in use, or the program cannot be run.
        ValueError: ``POSTGRES_SHARED_BUFFERS`` is no size.

    """
    shared_buffers = shared_buffers_of(os.environ)
    cluster = prepare(folder)
    os.chdir(cluster.data)
    command = cluster.command(
        port, shared_buffers
    )  # names the folder as another user must, so before becoming that user
    cluster.user.become()
    if parent is not None and sys.platform == "linux":
        # After the change of user, which would undo it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, STOP_SIGNAL)
        if os.getppid() != parent:
            sys.exit(1)
    os.execve(command[0], command, environment())  # noqa: S606


if __name__ == "__main__":
    try:
        serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
    except (OSError, ValueError) as error:
        sys.exit(f"PostgreSQL cannot run: {error}")
