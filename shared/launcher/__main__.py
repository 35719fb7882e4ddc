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

from shared.launcher.plan import make_plan
from shared.launcher.readiness import wait_until_ready
from shared.launcher.supervisor import Supervisor

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
    supervisor = Supervisor(plan, logs, say)

    def write_state() -> None:
        pids = supervisor.pids()
        processes = {
            process.name: {"address": process.address, "pid": pids.get(process.name)} for process in plan
        }
        fresh = state.with_suffix(".new")
        # A full disk must not stop the supervision.
        with contextlib.suppress(OSError):
            fresh.write_text(json.dumps(processes, indent=2))
            fresh.replace(state)

    supervisor.changed = write_state
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    supervisor.start()
    try:
        ready = asyncio.create_task(wait_until_ready(plan, START_SECONDS))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            failure = ready.exception()
            if failure is not None:
                say(f"Cannot start: {failure}. The logs are in {logs}")
                return 1
            say(f"Pawtrait is ready: http://{plan[-1].address}  (Ctrl-C stops it; logs in {logs})")
            await stopped
        ready.cancel()
    finally:
        say("Stopping …")
        await supervisor.stop()
        state.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(run(Path(os.environ.get("DATA_DIR") or ".data").resolve())))
