"""``make run``: everything on loopback, until Ctrl-C or SIGTERM.

``PORT`` (8000) moves the gateway, ``DATA_DIR`` (``.data``) the data. The running processes, their
addresses and process ids stand in ``DATA_DIR/run/processes.json``.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path

from shared.database.address import POSTGRES_FOLDER
from shared.database.cluster import prepare
from shared.launcher.plan import POSTGRES, Process, make_plan, with_database
from shared.launcher.readiness import wait_until_ready
from shared.launcher.supervisor import Supervisor
from shared.whole_files import write_whole

START_SECONDS = 90.0


def say(sentence: str) -> None:
    """Tell the person at the terminal, if there still is one."""
    with contextlib.suppress(OSError):
        print(sentence, flush=True)


async def run(data_folder: Path) -> int:
    """Run the system; returns the exit status."""
    logs = data_folder / "logs"
    state = data_folder / "run" / "processes.json"
    try:
        plan = make_plan(os.environ, data_folder)
        logs.mkdir(parents=True, exist_ok=True)
        state.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        say(f"Cannot start: {error}")
        return 1
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        plan = await _with_its_database(plan, data_folder)
    except OSError as error:
        say(f"Cannot start: {error}")
        return 1
    if stop.is_set():
        return 0
    supervisor = Supervisor(plan, logs, say)

    def write_state() -> None:
        pids = supervisor.pids()
        processes = {
            process.name: {"address": process.address, "pid": pids.get(process.name)} for process in plan
        }
        # A full disk must not stop the supervision.
        with contextlib.suppress(OSError):
            write_whole(state, json.dumps(processes, indent=2).encode(), durable=False)

    supervisor.changed = write_state
    supervisor.start()
    try:
        problem = await _problem_in_starting(supervisor, stop)
        if problem is not None:
            say(f"Cannot start: {problem}. The logs are in {logs}")
            return 1
        if not stop.is_set():
            say(f"Pawtrait is ready: http://{plan[-1].address}  (Ctrl-C stops it; logs in {logs})")
            await stop.wait()
    finally:
        say("Stopping …")
        await supervisor.stop()
        with contextlib.suppress(OSError):
            state.unlink(missing_ok=True)
    return 0


async def _with_its_database(plan: list[Process], data_folder: Path) -> list[Process]:
    """Make the database when it is missing, and tell the services its address.

    Raises:
        OSError: it cannot be made, or another system runs on it.

    """
    planned = next((process for process in plan if process.name == POSTGRES), None)
    if planned is None:
        return plan
    folder = data_folder / POSTGRES_FOLDER
    if not folder.exists():
        say("Making the database …")
    cluster = await asyncio.to_thread(prepare, folder)
    return with_database(plan, cluster.url(planned.port))


async def _problem_in_starting(supervisor: Supervisor, stop: asyncio.Event) -> str | None:
    """Wait until everything is healthy, or ``stop`` is set; returns what keeps it from starting."""
    ready = asyncio.create_task(wait_until_ready(supervisor.plan, START_SECONDS))
    others = [asyncio.create_task(event.wait()) for event in (stop, supervisor.hopeless)]
    try:
        await asyncio.wait([ready, *others], return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            failure = ready.exception()
            return None if failure is None else str(failure)
        return None if stop.is_set() else "a process keeps ending"
    finally:
        for task in (ready, *others):
            task.cancel()


if __name__ == "__main__":
    sys.exit(asyncio.run(run(Path(os.environ.get("DATA_DIR") or ".data").resolve())))
