"""Runs child processes, starts again those that die, and stops all of them."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from shared.launcher.plan import Process, stop_order

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 10.0
STEADY_SECONDS = 30.0
"""A process that lived this long starts again without a growing pause."""
STOP_SECONDS = 15.0
"""Time from SIGTERM to SIGKILL."""
HOPELESS_ENDINGS = 3
"""A process that ended so often in a row, each time soon after its start, will not come up by itself."""

_LAST_WORDS_BYTES = 8192


class Supervisor:
    """Keeps the processes of a plan running.

    Args:
        plan: what to run.
        log_folder: one log file a process; the previous run's is kept beside it.
        report: is told, in a sentence for people, when a process dies or starts again.

    """

    def __init__(self, plan: list[Process], log_folder: Path, report: Callable[[str], None]) -> None:
        self.plan = plan
        self._log_folder = log_folder
        self._report = report
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self.changed: Callable[[], None] = lambda: None
        """Called whenever a process was started."""
        self.hopeless = asyncio.Event()
        """Set once a process has ended :data:`HOPELESS_ENDINGS` times in a row. It is still tried again."""

    def start(self) -> None:
        """Start every process; each is started again whenever it ends, until :meth:`stop`."""
        self._log_folder.mkdir(parents=True, exist_ok=True)
        for process in self.plan:
            log = self._log(process)
            with contextlib.suppress(OSError):
                log.replace(log.with_suffix(".log.1"))
        self._keepers = [asyncio.create_task(self._keep(process)) for process in self.plan]

    def pids(self) -> dict[str, int]:
        """Process id of each running child, by name."""
        return {name: child.pid for name, child in self._children.items() if child.returncode is None}

    async def stop(self) -> None:
        """Stop every child, in the order of :func:`shared.launcher.plan.stop_order`.

        What the gateway is answering still finds its services, and they their database. A child that
        does not stop within the time is killed.
        """
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for group in stop_order(self.plan):
            running = [process for process in group if process.name in self._children]
            await asyncio.gather(*(self._end(process) for process in running))

    async def _end(self, process: Process) -> None:
        child = self._children[process.name]
        if child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(process.stop_signal)
        try:
            await asyncio.wait_for(child.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def _keep(self, process: Process) -> None:
        pause, endings = FIRST_PAUSE, 0
        while True:
            begun = time.monotonic()
            try:
                child = await self._spawn(process)
                ending = f"ended with {_describe(await child.wait())}{_last_words(self._log(process))}"
            except OSError as error:
                ending = f"could not be started ({error})"
            lived = time.monotonic() - begun
            if lived >= STEADY_SECONDS:
                pause, endings = FIRST_PAUSE, 0
            endings += 1
            if endings >= HOPELESS_ENDINGS:
                self.hopeless.set()
            self._report(f"{process.name} {ending} after {lived:.0f} s; starting it again")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _log(self, process: Process) -> Path:
        return self._log_folder / f"{process.name}.log"

    def _opened_log(self, process: Process) -> BinaryIO:
        """Where a child's output goes: nowhere, rather than not running, when the disk takes no file."""
        try:
            return self._log(process).open("ab")
        except OSError as error:
            self._report(f"{process.name} has no log ({error})")
            return Path(os.devnull).open("ab")

    async def _spawn(self, process: Process) -> asyncio.subprocess.Process:
        with self._opened_log(process) as log:
            # A session of its own: Ctrl-C in the terminal reaches only the launcher, which then
            # stops the children in order.
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "shared.launcher.child",
                str(os.getpid()),
                process.module,
                env={**os.environ, **process.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._children[process.name] = child
        self.changed()
        return child


def _describe(code: int) -> str:
    return f"status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _last_words(log: Path) -> str:
    """Why a service says that it ended, when it does."""
    try:
        last = log.read_bytes()[-_LAST_WORDS_BYTES:].splitlines()[-1]
        return f" ({json.loads(last)['reason']})"
    except (OSError, ValueError, LookupError, TypeError):
        return ""
