"""Every process is killed, frozen and asked to stop in turn, and the store taken away, while callers go on.

The long form runs for ``FAULT_SECONDS`` (600 unless set): ``make test-slow``. ``FAULT_PARTS`` names what is
hit, comma-separated; everything unless set.
"""

import asyncio
import os
import signal
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from shared.database.address import database_address
from shared.training.dataset import data_folder
from tests.conftest import Portrait
from tests.faults.callers import DogCaller, IconCaller, ProfileCaller, found_in, started
from tests.faults.leftovers import named_and_kept
from tests.faults.store import STORE, Store, running_store
from tests.faults.verdicts import Verdicts
from tests.live import LiveSystem, running_system
from tests.unit.shared.s3_server import CREDENTIALS
from tests.waiting import until

pytestmark = pytest.mark.slow

PARTS = tuple(
    os.environ.get("FAULT_PARTS", "traits,facecolor,icon,noseprint,facetype,postgres,gateway,store").split(
        ","
    )
)
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
        self._sizes = count(64)
        """A new size each time is an icon that no cache has."""

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

    def trouble_without_the_store(self) -> str:
        """What goes wrong with calls that keep nothing; empty: nothing."""
        try:
            drawn = self._client.get("/v1/icons/classic-v1.png", params={"size": next(self._sizes)})
            read = self._client.post("/v1/face-colors", files={"photo": self._dog})
        except httpx.HTTPError as error:
            return f"{type(error).__name__}"
        wrong = [answer.text[:200] for answer in (drawn, read) if answer.status_code != 200]
        return " ".join([*wrong, *([] if self.is_ready() else ["not ready"])])


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


def hit(system: LiveSystem, store: Store, watch: Watch, verdicts: Verdicts, fault: str, name: str) -> float:
    """Do it, and return the seconds from the fault's end to normal answers."""

    def others_go_on() -> None:
        if trouble := watch.trouble_without_the_store():
            verdicts.is_wrong(f"store {fault}: {trouble}")

    def there_and_back() -> float:
        if name == STORE:
            store.hit(fault, FROZEN_SECONDS, others_go_on)
        else:
            FAULTS[fault](system, name)
        if fault != "frozen" and name != STORE:
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
    tmp_path: Path,
    portraits: Sequence[Portrait],
    dog_photos: Sequence[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dogs = dogs_noses()
    for variable, value in CREDENTIALS.items():
        monkeypatch.setenv(variable, value)
    with running_store(tmp_path) as store, running_system(tmp_path / "data", **store.environment) as system:
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
                for name in PARTS:
                    if time.monotonic() - begun >= SECONDS:
                        break
                    wait = hit(system, store, watch, verdicts, fault, name)
                    waits[fault].append(wait)
                    if wait > NORMAL_WITHIN:
                        slow.append(f"{name} {fault}: {wait:.1f} s")
                    sizes.append((time.monotonic() - begun, memory(system)))
        stop.set()
        for thread in threads:
            thread.join(60)
        print(dict(sorted(verdicts.answers.items())))
        print({fault: f"{len(w)} times, {max(w, default=0):.1f} s at most" for fault, w in waits.items()})
        until(watch.is_normal, 30)
        with database_address(None, tmp_path / "data") as url:
            named, kept = asyncio.run(named_and_kept(store.objects, url))

    second = [size for moment, size in sizes if 0.25 <= moment / SECONDS < 0.5]
    last = [size for moment, size in sizes if moment / SECONDS >= 0.75]
    if second and last:
        print(f"memory: {statistics.median(second):.0f} then {statistics.median(last):.0f} MB")
    print(f"{len(named)} objects named, {len(kept)} kept")
    assert verdicts.wrong == []
    assert named == kept
    assert slow == []
    assert verdicts.answers["icon 200"] > SECONDS / 10
    assert verdicts.answers["register 201"] > SECONDS / 60
    if SECONDS >= 600:
        assert statistics.median(last) <= 1.05 * statistics.median(second)
