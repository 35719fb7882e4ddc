"""The whole system on one disk, which fills up under load: first its reserve, then every byte."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from shared.database.address import database_address
from shared.object_storage import FolderStorage
from tests.conftest import Portrait
from tests.faults.callers import OWNER, DogCaller, IconCaller, ProfileCaller, found_in, started
from tests.faults.leftovers import named_and_kept
from tests.faults.test_under_load import NORMAL_WITHIN, Watch, dogs_noses
from tests.faults.verdicts import Verdicts
from tests.live import running_system
from tests.small_disk import SmallDisk, small_disk
from tests.waiting import until

pytestmark = pytest.mark.slow

MEGABYTES = 600
RESERVE = 100_000_000
FULL_SECONDS = float(os.environ.get("FAULT_FULL_SECONDS", "15"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "data", MEGABYTES) as mounted:
        yield mounted


def register(client: httpx.Client, noses: Sequence[bytes]) -> str:
    """Id of a dog that stays."""
    files = [("nose", (f"{place}.jpg", nose)) for place, nose in enumerate(noses)]
    answer = client.post("/v1/dogs", files=files, data=OWNER)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["dog"]["id"])


def look_up_for(client: httpx.Client, nose: bytes, dog: str, seconds: float, verdicts: Verdicts) -> int:
    """How often the dog was found in that time; any other answer but that there is no room is wrong."""
    found, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        answer = client.post("/v1/dogs/lookup", files={"nose": ("n.jpg", nose)})
        if answer.status_code == 200 and answer.json()["match"]["dog"]["id"] == dog:
            found += 1
        elif answer.status_code != 503:
            verdicts.is_wrong(f"lookup: {answer.status_code} {answer.text[:300]}")
    return found


@pytest.mark.timeout(600)
def test_nothing_is_lost_nobody_falls_over_and_all_is_well_when_there_is_room(
    disk: SmallDisk, portraits: Sequence[Portrait], dog_photos: Sequence[Path]
) -> None:
    dogs = dogs_noses()
    with running_system(disk.folder, DATA_RESERVE=str(RESERVE)) as system:
        client = httpx.Client(base_url=system.url, timeout=30)
        photos = [portrait.data for portrait in portraits[:4]]
        alone = [found_in(client.post("/v1/icons/from-photo", files={"photo": photo})) for photo in photos]
        faces = [
            path.read_bytes()
            for path in dog_photos
            if client.post("/v1/faces/analyze", files={"photo": path.read_bytes()}).json()["outcome"] == "OK"
        ]
        kept_dog = register(client, dogs[2])
        pids = system.pids()
        verdicts, stop = Verdicts(), threading.Event()
        watch = Watch(system.url, photos[0], alone[0])
        threads = [started(IconCaller(system.url, verdicts, stop).run, photos, alone)]
        threads += [started(DogCaller(system.url, verdicts, stop).run, noses) for noses in dogs[:2]]
        threads += [started(ProfileCaller(system.url, verdicts, stop).run, faces)] if faces else []
        waits, looked_up = [], {}
        for leave in (RESERVE // 2, 0):
            disk.fill(leave)
            looked_up[leave] = look_up_for(client, dogs[2][0], kept_dog, FULL_SECONDS, verdicts)
            disk.free_again()
            freed = time.monotonic()
            until(watch.is_normal, 60)
            waits.append(time.monotonic() - freed)
            before = verdicts.answers["register 201"]
            until(lambda before=before: verdicts.answers["register 201"] > before, 60)
        stop.set()
        for thread in threads:
            thread.join(60)
        print(dict(sorted(verdicts.answers.items())))
        print(f"looked up {looked_up}; normal after {waits} s; room: {disk.free / 1e6:.0f} MB")
        with database_address(None, disk.folder) as url:
            named, kept = asyncio.run(named_and_kept(FolderStorage(disk.folder / "objects"), url))
        assert system.pids() == pids, "nobody fell over"
    assert verdicts.wrong == []
    assert named == kept
    assert min(looked_up.values()) > 0
    assert verdicts.answers["register 503"] > 0
    assert max(waits) < NORMAL_WITHIN
