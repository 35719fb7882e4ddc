"""Memory of all processes together."""

import psutil

from shared.launcher.system import RunningSystem


def measure(system: RunningSystem) -> str:
    """Proportional set size of the launcher and each child, megabytes."""
    pids = {"launcher": system.launcher_pid}
    pids |= {name: process["pid"] for name, process in system.processes().items()}
    sizes = {name: psutil.Process(pid).memory_full_info().pss / 1e6 for name, pid in pids.items()}
    detail = ", ".join(f"{name} {size:.0f}" for name, size in sizes.items())
    return f"memory of all processes, proportional set size: {sum(sizes.values()):.0f} MB ({detail})"
