"""``make bench``: speed and memory of the whole system as a user meets them.

Prints the median time of photo to icon and of making a profile over HTTP at concurrency 1, the ratio to
the older design where PyTorch is set up (``make setup-train``), the memory of all processes, and what 32
callers at once get.
"""

import argparse
import subprocess
from pathlib import Path

import httpx

from shared.launcher.system import running_system
from tests.bench import latency, memory, overload, profiles
from tests.bench.photos import bench_photos

REPOSITORY = Path(__file__).resolve().parents[2]
TRAIN_PYTHON = REPOSITORY / ".venv-train" / "bin" / "python"


def main() -> None:
    """Run every benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="timed requests for each size of photo")
    parser.add_argument("--older-rounds", type=int, default=5, help="photos through the older design")
    parser.add_argument(
        "--older-python", type=Path, default=TRAIN_PYTHON, help="a Python with PyTorch and dlib"
    )
    arguments = parser.parse_args()
    photos = bench_photos()
    with running_system() as system, httpx.Client(base_url=system.url, timeout=60) as client:
        for size, files in photos.items():
            print(latency.measure(client, size, files, arguments.rounds), flush=True)
        print(profiles.measure(client, "1 Mpx", photos["1 Mpx"], arguments.rounds), flush=True)
        # Only now: loading PyTorch would disturb the measurement above.
        older = _older_design(arguments.older_python, arguments.older_rounds)
        if older is None:
            print("older design: not measured (needs `make setup-train` and the data folder)")
        else:
            print(latency.compare(client, photos["1 Mpx"], older))
        print(overload.measure(system.url, photos["1 Mpx"]))
        print(memory.measure(system))


def _older_design(python: Path, rounds: int) -> "subprocess.Popen[str] | None":
    if not python.exists():
        return None
    return subprocess.Popen(
        [python, "-m", "tests.bench.older_design", str(rounds)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


if __name__ == "__main__":
    main()
