"""A launcher of two steady children, to be killed: prints that they run and waits."""

import asyncio
import sys
from pathlib import Path

from shared.launcher.plan import Process
from shared.launcher.supervisor import Supervisor

STEADY = "tests.unit.shared.launcher.children.steady"


async def main(folder: Path) -> None:
    plan = [
        Process(name, STEADY, 0, {"CHILD_NAME": name, "CHILD_DIARY": str(folder / "diary")})
        for name in ("one", "two")
    ]
    supervisor = Supervisor(plan, folder / "logs", print)
    supervisor.start()
    while len(supervisor.pids()) < len(plan):  # noqa: ASYNC110 - only this test waits for it
        await asyncio.sleep(0.01)
    print(*supervisor.pids().values(), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
