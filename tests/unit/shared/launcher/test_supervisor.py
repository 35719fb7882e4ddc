"""The supervisor, with real child processes."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from shared.database.embedded import STOP_SIGNAL, is_ready
from shared.launcher import supervisor as module
from shared.launcher.plan import POSTGRES, Process
from shared.launcher.ports import any_free, is_free
from shared.launcher.supervisor import Supervisor
from tests.conftest import copy_of_cluster
from tests.small_disk import small_disk
from tests.waiting import until

REPOSITORY = Path(__file__).resolve().parents[4]
CHILDREN = "tests.unit.shared.launcher.children"


class Household:
    """A supervisor over a few children, and what it and they said."""

    def __init__(self, folder: Path) -> None:
        self.diary = folder / "diary"
        self.diary.touch()
        self.logs = folder / "logs"
        self.said: list[str] = []

    def child(self, name: str, kind: str = "steady", port: int = 0, **more: str) -> Process:
        environment = {
            "CHILD_NAME": name,
            "CHILD_DIARY": str(self.diary),
            "CHILD_PORT": str(port),
            "PYTHONPATH": str(REPOSITORY),
            **more,
        }
        return Process(name, f"{CHILDREN}.{kind}", port, environment)

    @asynccontextmanager
    async def run(self, *plan: Process) -> AsyncIterator[Supervisor]:
        supervisor = Supervisor(list(plan), self.logs, self.said.append)
        supervisor.start()
        try:
            yield supervisor
        finally:
            await supervisor.stop()

    def entries(self, wanted: str = "") -> list[str]:
        return [line for line in self.diary.read_text().splitlines() if wanted in line]


async def eventually(look: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not look():  # noqa: ASYNC110 - other processes tell nobody
            await asyncio.sleep(0.02)


@pytest.fixture
def household(tmp_path: Path) -> Household:
    return Household(tmp_path)


async def test_starts_every_child_with_its_environment(household: Household) -> None:
    async with household.run(household.child("one"), household.child("two")) as supervisor:
        await eventually(lambda: len(household.entries("started")) == 2)
        assert supervisor.pids().keys() == {"one", "two"}
        assert all(psutil.pid_exists(pid) for pid in supervisor.pids().values())
    assert sorted(household.entries("started")) == ["one started", "two started"]


async def test_a_child_without_a_log_runs_all_the_same(household: Household, tmp_path: Path) -> None:
    with small_disk(tmp_path / "logs", 1) as disk:
        disk.allow_writing(False)
        async with household.run(household.child("one")):
            await eventually(lambda: household.entries("one started"))
    assert any("has no log" in sentence for sentence in household.said)


async def test_what_a_child_writes_is_kept_in_its_log(household: Household) -> None:
    for _ in range(2):
        household.diary.write_text("")
        async with household.run(household.child("one")):
            await eventually(lambda: household.entries("started"))
    assert (household.logs / "one.log").read_text() == "one speaks as __main__, argv []\n"
    assert (household.logs / "one.log.1").read_text() == "one speaks as __main__, argv []\n"


async def test_a_killed_child_is_started_again_and_its_port_is_its_own_again(household: Household) -> None:
    port = any_free("127.0.0.1", set())
    async with household.run(household.child("one", port=port), household.child("two")) as supervisor:
        await eventually(lambda: len(household.entries("started")) == 2)
        before = supervisor.pids()
        for round_ in (1, 2):
            os.kill(supervisor.pids()["one"], signal.SIGKILL)
            await eventually(lambda: len(household.entries("one started")) == 1 + round_)  # noqa: B023
            socket.create_connection(("127.0.0.1", port)).close()
        assert supervisor.pids()["two"] == before["two"], "the other child was left alone"
    assert household.said[0].startswith("one ended with signal SIGKILL after")
    assert len(household.said) == 2


async def test_it_is_told_when_a_child_was_started(household: Household) -> None:
    supervisor = Supervisor([household.child("one")], household.logs, household.said.append)
    seen: list[dict[str, int]] = []
    supervisor.changed = lambda: seen.append(supervisor.pids())
    supervisor.start()
    await eventually(lambda: household.entries("started"))
    os.kill(seen[0]["one"], signal.SIGKILL)
    await eventually(lambda: len(seen) == 2)
    await supervisor.stop()
    assert seen[0]["one"] != seen[1]["one"]


async def test_a_child_that_keeps_dying_is_started_at_growing_intervals(household: Household) -> None:
    async with household.run(household.child("one", "dying"), household.child("two")):
        await eventually(lambda: len(household.said) >= 3)
        assert not [line for line in household.said if not line.startswith("one ended with status 3")]
        # Pauses of 0.25 and 0.5 s have passed, and the next takes 1 s: no busy loop.
        assert len(household.entries("one started")) <= 4


async def test_a_child_that_keeps_dying_is_hopeless_but_one_that_died_once_is_not(
    household: Household,
) -> None:
    async with household.run(household.child("one")) as supervisor:
        await eventually(lambda: household.entries("one started"))
        os.kill(supervisor.pids()["one"], signal.SIGKILL)
        await eventually(lambda: len(household.entries("one started")) == 2)
        assert not supervisor.hopeless.is_set()
    async with household.run(household.child("two", "dying")) as supervisor:
        await eventually(supervisor.hopeless.is_set)
        assert len(household.entries("two started")) == 3


async def test_what_a_child_says_before_it_ends_is_repeated(household: Household) -> None:
    async with household.run(household.child("one", "dying", CHILD_LAST_WORDS="the port is taken")):
        await eventually(lambda: household.said)
    assert household.said[0].startswith("one ended with status 3 (the port is taken) after")


async def test_a_child_that_cannot_be_started_is_tried_again(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(household.logs / "no-python"))
    async with household.run(household.child("one")):
        await eventually(lambda: household.said)
        assert household.said[0].startswith("one could not be started")
        monkeypatch.undo()
        await eventually(lambda: household.entries("one started"))


async def test_stops_every_child_and_frees_the_ports(household: Household) -> None:
    ports = [any_free("127.0.0.1", set()) for _ in range(2)]
    plan = [household.child(f"child-{port}", port=port) for port in ports]
    async with household.run(*plan) as supervisor:
        await eventually(lambda: len(household.entries("started")) == 2)
        pids = supervisor.pids()
    assert len(household.entries("stopped")) == 2
    assert supervisor.pids() == {}
    assert not any(psutil.pid_exists(pid) for pid in pids.values())
    assert all(is_free("127.0.0.1", port) for port in ports)
    assert household.said == [], "a child that was asked to stop is not reported as dead"


async def test_the_last_of_the_plan_stops_before_the_others_are_asked(household: Household) -> None:
    gateway = household.child("gateway", CHILD_STOP_SECONDS="0.5")
    async with household.run(household.child("one"), household.child("two"), gateway):
        await eventually(lambda: len(household.entries("started")) == 3)
    stopping = [line for line in household.entries() if "started" not in line]
    assert stopping[:2] == ["gateway asked", "gateway stopped"]
    assert len(stopping) == 6


async def test_the_database_runs_until_nobody_needs_it_and_starts_again_when_killed(
    household: Household, made_cluster: Path, tmp_path: Path
) -> None:
    copy_of_cluster(made_cluster, tmp_path / "data" / "postgres")
    port = any_free("127.0.0.1", set())
    environment = {"DATA_DIR": str(tmp_path / "data"), "POSTGRES_PORT": str(port)}
    database = Process(POSTGRES, "shared.launcher.postgres", port, environment, STOP_SIGNAL)
    service = household.child("one", CHILD_STOP_SECONDS="0.5")
    async with household.run(database, service, household.child("gateway")) as supervisor:
        await eventually(lambda: is_ready(port))
        await eventually(lambda: len(household.entries("started")) == 2)
        first = supervisor.pids()[POSTGRES]
        assert psutil.Process(first).name() == "postgres", "the child itself is the server"
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: supervisor.pids().get(POSTGRES) not in (None, first))
        await eventually(lambda: is_ready(port))
        last = supervisor.pids()[POSTGRES]
    assert not psutil.pid_exists(last)
    assert is_free("127.0.0.1", port)
    log = (household.logs / "postgres.log").read_text()
    assert "received fast shutdown request" in log
    assert "database system is shut down" in log
    assert len(household.entries("stopped")) == 2


async def test_a_child_that_does_not_stop_is_killed(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.5)
    async with household.run(household.child("one", "stubborn"), household.child("two")) as supervisor:
        await eventually(lambda: len(household.entries("started")) == 2)
        pids = supervisor.pids()
    assert household.entries("one asked"), "it was not given its chance"
    assert not any(psutil.pid_exists(pid) for pid in pids.values())


async def test_stopping_right_after_starting_leaves_nothing_behind(household: Household) -> None:
    for _ in range(3):
        async with household.run(*(household.child(f"c{number}") for number in range(3))):
            pass
    mine = [child for child in psutil.Process().children(recursive=True) if child.is_running()]
    lingering = [child.cmdline() for child in mine if child.status() != psutil.STATUS_ZOMBIE]
    assert not [line for line in lingering if f"{CHILDREN}.steady" in line]


@pytest.mark.skipif(sys.platform != "linux", reason="the tie between parent and child is Linux's")
def test_a_killed_launcher_takes_its_children_with_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", f"{CHILDREN}.launcher", str(tmp_path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    ) as launcher:
        assert launcher.stdout is not None
        pids = [int(pid) for pid in launcher.stdout.readline().split()]
        assert len(pids) == 2
        until(lambda: (tmp_path / "diary").exists() and len((tmp_path / "diary").read_text().split()) == 4)
        launcher.kill()
    until(lambda: not any(psutil.pid_exists(pid) and is_alive(pid) for pid in pids))
    # One that is asked twice, as a busy machine has it, says so twice.
    assert {"one stopped", "two stopped"} <= set((tmp_path / "diary").read_text().splitlines())


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
