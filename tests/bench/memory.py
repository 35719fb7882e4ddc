"""Memory of all processes together."""

import psutil

from shared.launcher.system import RunningSystem


def measure(system: RunningSystem) -> str:
    """Proportional set size of the launcher and each child, megabytes."""
    pids = {"launcher": system.launcher_pid}
    pids |= {name: process["pid"] for name, process in system.processes().items()}
    sizes = {name: _size(psutil.Process(pid)) for name, pid in pids.items()}
    detail = ", ".join(f"{name} {size:.0f}" for name, size in sizes.items())
    return f"memory of all processes, proportional set size: {sum(sizes.values()):.0f} MB ({detail})"


def _size(process: psutil.Process) -> float:
    """With its children: PostgreSQL has one for each connection. The launcher's are counted themselves."""
    own = float(process.memory_full_info().pss / 1e6)
    if "shared.launcher" in process.cmdline():
        return own
    return own + sum(float(child.memory_full_info().pss / 1e6) for child in process.children(recursive=True))
