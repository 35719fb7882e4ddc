"""Every process is killed, frozen and asked to stop in turn, while callers go on.

The long form runs for ``FAULT_SECONDS`` (600 unless set): ``make test-slow``.
"""

import os
import signal
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from shared.training.dataset import data_folder
from tests.conftest import Portrait
from tests.faults.callers import DogCaller, IconCaller, ProfileCaller, found_in, started
from tests.faults.verdicts import Verdicts
from tests.live import LiveSystem, running_system
from tests.waiting import until

pytestmark = pytest.mark.slow

PROCESSES = ("traits", "facecolor", "icon", "noseprint", "facetype", "postgres", "gateway")
FROZEN_SECONDS = 6.0
NORMAL_WITHIN = 5.0
"""Seconds from a fault's end to normal answers. A killed process's fault ends when it serves again."""
SECONDS = float(os.environ.get("FAULT_SECONDS", "600"))


def dogs_noses() -> list[list[bytes]]:
    """Five photos of the nose of each of a few dogs that the register accepts."""
    folder = data_folder() / "nose_photos"
    if not folder.is_dir():
        pytest.skip(f"the nose photos are not beside the checkout ({data_folder()})")
    chosen = [path for path in sorted(folder.iterdir()) if not path.name.endswith("855909876")]
    return [[photo.read_bytes() for photo in sorted(path.iterdir())] for path in chosen]


def memory(system: LiveSystem) -> float:
    """Proportional set size of all processes, in megabytes; those that are just starting count nothing."""
    total = 0.0
    for pid in system.pids().values():
        try:
            process = psutil.Process(pid)
            total += sum(each.memory_full_info().pss for each in (process, *process.children(recursive=True)))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 1e6


class Watch:
    """Answers whether everything is as usual."""

    def __init__(self, url: str, dog: bytes, expected: dict[str, Any]) -> None:
        self._client = httpx.Client(base_url=url, timeout=4)
        self._dog, self._expected = dog, expected

    def is_ready(self) -> bool:
        """Whether every service serves."""
        try:
            return self._client.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def is_normal(self) -> bool:
        """Whether a photo gets its whole and right answer."""
        try:
            answer = self._client.post("/v1/icons/from-photo", files={"photo": self._dog})
            return (
                self.is_ready()
                and answer.status_code == 200
                and not answer.json()["partial"]
                and found_in(answer) == self._expected
            )
        except httpx.HTTPError:
            return False


def kill(system: LiveSystem, name: str, how: int) -> None:
    """End a process and return when the launcher has started another."""
    before = system.pids()[name]
    os.kill(before, how)
    until(lambda: system.pids().get(name) not in (None, before), 60)


def freeze(system: LiveSystem, name: str) -> None:
    """Let a process and what it started hang for a while."""
    process = psutil.Process(system.pids()[name])
    family = [process, *process.children(recursive=True)]
    for each in family:
        each.suspend()
    time.sleep(FROZEN_SECONDS)
    for each in family:
        if each.is_running():
            each.resume()


FAULTS: dict[str, Callable[[LiveSystem, str], None]] = {
    "killed": lambda system, name: kill(system, name, signal.SIGKILL),
    "frozen": freeze,
    # PostgreSQL takes SIGTERM for: stop once everybody has hung up. Whoever supervises it sends SIGINT.
    "stopped": lambda system, name: kill(
        system, name, signal.SIGINT if name == "postgres" else signal.SIGTERM
    ),
}


def hit(system: LiveSystem, watch: Watch, verdicts: Verdicts, fault: str, name: str) -> float:
    """Do it, and return the seconds from the fault's end to normal answers."""

    def there_and_back() -> float:
        FAULTS[fault](system, name)
        if fault != "frozen":
            until(watch.is_ready, 60)
        ended = time.monotonic()
        until(watch.is_normal, 60)
        return time.monotonic() - ended

    if name != "gateway":
        return there_and_back()
    with verdicts.gateway_away():
        return there_and_back()


@pytest.mark.timeout(SECONDS + 600)
def test_nothing_wrong_is_answered_and_nothing_lost(
    tmp_path: Path, portraits: Sequence[Portrait], dog_photos: Sequence[Path]
) -> None:
    dogs = dogs_noses()
    with running_system(tmp_path / "data") as system:
        client = httpx.Client(base_url=system.url, timeout=30)
        photos = [portrait.data for portrait in portraits[:6]]
        alone = [found_in(client.post("/v1/icons/from-photo", files={"photo": photo})) for photo in photos]
        faces = [
            path.read_bytes()
            for path in dog_photos
            if client.post("/v1/faces/analyze", files={"photo": path.read_bytes()}).json()["outcome"] == "OK"
        ]
        verdicts, stop = Verdicts(), threading.Event()
        watch = Watch(system.url, photos[0], alone[0])
        threads = [started(IconCaller(system.url, verdicts, stop).run, photos, alone)]
        threads += [started(DogCaller(system.url, verdicts, stop).run, noses) for noses in dogs[:3]]
        if faces:
            threads.append(started(ProfileCaller(system.url, verdicts, stop).run, faces))

        begun, sizes, slow = time.monotonic(), [], []
        waits: dict[str, list[float]] = {fault: [] for fault in FAULTS}
        while time.monotonic() - begun < SECONDS:
            for fault in FAULTS:
                for name in PROCESSES:
                    if time.monotonic() - begun >= SECONDS:
                        break
                    wait = hit(system, watch, verdicts, fault, name)
                    waits[fault].append(wait)
                    if wait > NORMAL_WITHIN:
                        slow.append(f"{name} {fault}: {wait:.1f} s")
                    sizes.append((time.monotonic() - begun, memory(system)))
        stop.set()
        for thread in threads:
            thread.join(60)
        until(watch.is_normal, 30)

    print(dict(sorted(verdicts.answers.items())))
    print({fault: f"{len(w)} times, {max(w, default=0):.1f} s at most" for fault, w in waits.items()})
    second = [size for moment, size in sizes if 0.25 <= moment / SECONDS < 0.5]
    last = [size for moment, size in sizes if moment / SECONDS >= 0.75]
    if second and last:
        print(f"memory: {statistics.median(second):.0f} then {statistics.median(last):.0f} MB")
    assert verdicts.wrong == []
    assert slow == []
    assert verdicts.answers["icon 200"] > SECONDS / 10
    assert verdicts.answers["register 201"] > SECONDS / 60
    if SECONDS >= 600:
        assert statistics.median(last) <= 1.05 * statistics.median(second)
