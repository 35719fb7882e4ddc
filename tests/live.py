"""The real system as a process: started by the launcher, as ``make run`` does."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.launcher.plan import POSTGRES, SERVICES
from tests.waiting import until

REPOSITORY = Path(__file__).resolve().parents[1]
READY = "Pawtrait is ready: "
ANY_PORT = dict.fromkeys(("PORT", *(f"{name.upper()}_PORT" for name in (*SERVICES, POSTGRES))), "0")


class LiveSystem:
    """A launcher, everything it started, and what it said.

    Args:
        data_folder: where it keeps pictures and logs.
        environment: added to this process's own; by default any free ports.

    """

    def __init__(self, data_folder: Path, environment: dict[str, str] | None = None) -> None:
        self.data_folder = data_folder
        self.output_file = data_folder.with_name(f"{data_folder.name}-launcher.log")
        with self.output_file.open("wb") as output:
            self.launcher = subprocess.Popen(
                # As a child that stops when the tests are killed.
                [sys.executable, "-m", "shared.launcher.child", str(os.getpid()), "shared.launcher"],
                cwd=REPOSITORY,
                env={**os.environ, **ANY_PORT, **(environment or {}), "DATA_DIR": str(data_folder)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """What the launcher has said so far."""
        return self.output_file.read_text()

    def wait_until_ready(self, seconds: float = 100.0) -> None:
        """Return once the launcher says so.

        Raises:
            AssertionError: it ended or was not ready in time, with what it and its children wrote.

        """

        def ready() -> bool:
            assert self.launcher.poll() is None, f"the launcher ended: {self.output}\n{self.logs()}"
            return READY in self.output

        try:
            until(ready, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.output}\n{self.logs()}") from None

    @property
    def url(self) -> str:
        """``http://host:port`` of the gateway, from the line that says so."""
        return self.output.split(READY)[1].split()[0]

    @property
    def addresses(self) -> dict[str, str]:
        """``host:port`` of each process by name."""
        return {name: str(process["address"]) for name, process in self._processes().items()}

    def pids(self) -> dict[str, int]:
        """Process id of each running process by name."""
        return {name: int(process["pid"]) for name, process in self._processes().items() if process["pid"]}

    def logs(self, characters: int = 2000) -> str:
        """The end of every process's log."""
        files = sorted((self.data_folder / "logs").glob("*.log"))
        return "\n".join(f"--- {file.name}\n{file.read_text()[-characters:]}" for file in files)

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Ask the launcher to stop; returns its exit status. One that does not is killed."""
        if self.launcher.poll() is None:
            self.launcher.send_signal(how)
        try:
            return self.launcher.wait(60)
        except subprocess.TimeoutExpired:
            self.launcher.kill()
            self.launcher.wait()
            raise

    def _processes(self) -> dict[str, dict[str, str | int | None]]:
        processes: dict[str, dict[str, str | int | None]] = json.loads(
            (self.data_folder / "run" / "processes.json").read_text()
        )
        return processes


@contextmanager
def running_system(data_folder: Path, **environment: str) -> Iterator[LiveSystem]:
    """A system that is ready, stopped afterwards whatever happens."""
    system = LiveSystem(data_folder, environment)
    try:
        system.wait_until_ready()
        yield system
    finally:
        status = system.stop()
    assert status == 0, f"the launcher ended with {status}: {system.output}"
