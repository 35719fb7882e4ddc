"""The whole system as a child of another program: the demonstration, benchmarks and tests."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.launcher.plan import POSTGRES, SERVICES

_READY = re.compile(r"Pawtrait is ready: (http://\S+)")
_STOP_SECONDS = 40.0


@dataclass(frozen=True)
class RunningSystem:
    """A system that answers."""

    url: str
    """Address of the gateway, without a trailing slash."""
    data_folder: Path
    launcher_pid: int

    def processes(self) -> dict[str, dict[str, Any]]:
        """Address and process id of each child, by name, as they are now."""
        state = json.loads((self.data_folder / "run" / "processes.json").read_text())
        return dict(state)


@contextmanager
def running_system(environment: Mapping[str, str] | None = None) -> Iterator[RunningSystem]:
    """Start everything on free ports with a data folder of its own, and stop it at the end.

    Args:
        environment: settings that differ from the defaults.

    Raises:
        RuntimeError: the system did not start, with what the launcher said.

    """
    free_ports = {f"{name.upper()}_PORT": "0" for name in (*SERVICES, POSTGRES)} | {"PORT": "0"}
    with tempfile.TemporaryDirectory(prefix="pawtrait-") as folder:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "shared.launcher"],
            env={**os.environ, **free_ports, "DATA_DIR": folder, **(environment or {})},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            url = _wait_for_address(launcher)
            yield RunningSystem(url, Path((environment or {}).get("DATA_DIR", folder)), launcher.pid)
        finally:
            launcher.terminate()
            try:
                launcher.communicate(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                launcher.kill()
                launcher.communicate()


def _wait_for_address(launcher: subprocess.Popen[str]) -> str:
    said = []
    for line in launcher.stdout or ():
        if found := _READY.search(line):
            return found[1]
        said.append(line)
    raise RuntimeError("the system did not start: " + "".join(said).strip())
