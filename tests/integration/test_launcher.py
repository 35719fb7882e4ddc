"""``make run``: the launcher with the real services, one system of its own for what harms it."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from shared.launcher.ports import is_free
from tests.live import LiveSystem, running_system
from tests.waiting import until

PHOTO_TO_ICON = {"traits", "facecolor", "icon", "gateway"}
EVERYTHING = PHOTO_TO_ICON | {"noseprint", "facetype", "postgres"}


@pytest.fixture(scope="module")
def own_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSystem]:
    with running_system(tmp_path_factory.mktemp("own") / "data") as system:
        yield system


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def all_gone(pids: dict[str, int]) -> bool:
    return all(is_gone(pid) for pid in pids.values())


def ports(system: LiveSystem) -> list[int]:
    return [int(address.rsplit(":", 1)[1]) for address in system.addresses.values()]


def test_says_where_it_is_and_what_runs(own_system: LiveSystem) -> None:
    assert own_system.url == f"http://{own_system.addresses['gateway']}"
    assert own_system.addresses.keys() == EVERYTHING
    assert own_system.pids().keys() == EVERYTHING
    assert "Ctrl-C" in own_system.output


def test_is_ready_when_it_says_so(own_system: LiveSystem) -> None:
    assert httpx.get(f"{own_system.url}/readyz", timeout=10).json()["status"] == "ready"


def test_listens_on_loopback_only(own_system: LiveSystem) -> None:
    for pid in own_system.pids().values():
        connections = psutil.Process(pid).net_connections("inet")
        listening = {
            one.laddr.ip.removeprefix("::ffff:") for one in connections if one.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}


def test_logs_are_json_with_the_request_id_of_the_caller(own_system: LiveSystem, dog: bytes) -> None:
    answer = httpx.post(
        f"{own_system.url}/v1/icons/from-photo",
        files={"photo": dog},
        headers={"X-Request-Id": "follow-me-1"},
        timeout=30,
    )
    assert answer.status_code == 200
    logs = own_system.data_folder / "logs"

    def services_that_saw_it() -> set[str]:
        lines = [line for name in PHOTO_TO_ICON for line in (logs / f"{name}.log").read_text().splitlines()]
        parsed = [json.loads(line) for line in lines]
        return {line["service"] for line in parsed if line.get("request_id") == "follow-me-1"}

    until(lambda: services_that_saw_it() == PHOTO_TO_ICON)


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_what_is_killed_runs_again(own_system: LiveSystem, name: str) -> None:
    before = own_system.pids()
    addresses = own_system.addresses
    os.kill(before[name], signal.SIGKILL)
    until(lambda: own_system.pids().get(name) not in (None, before[name]))

    def ready() -> bool:
        try:
            return httpx.get(f"{own_system.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    until(ready, 90)
    after = own_system.pids()
    assert own_system.addresses == addresses
    assert {other: pid for other, pid in after.items() if other != name} == {
        other: pid for other, pid in before.items() if other != name
    }
    assert f"{name} ended with signal SIGKILL" in own_system.output


def test_still_answers_after_all_that(own_system: LiveSystem, dog: bytes) -> None:
    answer = httpx.post(f"{own_system.url}/v1/icons/from-photo", files={"photo": dog}, timeout=30)
    assert answer.json()["partial"] == []


def test_a_second_one_takes_other_ports_and_says_when_the_gateways_is_taken(
    own_system: LiveSystem, tmp_path: Path
) -> None:
    port = own_system.url.rsplit(":", 1)[1]
    second = LiveSystem(tmp_path / "data", {"PORT": port})
    assert second.launcher.wait(30) == 1
    assert second.output == f"Cannot start: port {port} is taken; choose another with PORT=…\n"


def test_says_what_keeps_it_from_starting(tmp_path: Path) -> None:
    broken = LiveSystem(tmp_path / "data", {"TRAITS_MODEL_FOLDER": str(tmp_path)})
    assert broken.launcher.wait(100) == 1
    assert f"(model file not found: {tmp_path / 'traits.onnx'})" in broken.output
    assert "Cannot start: a process keeps ending." in broken.output
    assert str(broken.data_folder / "logs") in broken.output


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_stops_cleanly(tmp_path: Path, dog: bytes, how: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with running_system(tmp_path / "data", ICON_PORT=str(taken)) as system:
            pids, used = system.pids(), ports(system)
            assert taken not in used, "a service takes the next free port"
            icon_port = int(system.addresses["icon"].rsplit(":", 1)[1])
            assert taken < icon_port < taken + 100
            url = httpx.post(f"{system.url}/v1/icons/from-photo", files={"photo": dog}, timeout=30).json()
            assert url["icon"]["url"].startswith(system.url)
            assert system.stop(how) == 0
    assert all_gone(pids)
    assert all(is_free("127.0.0.1", port) for port in used)
    assert not (tmp_path / "data" / "run" / "processes.json").exists()
    for name in EVERYTHING:
        assert "Traceback" not in (tmp_path / "data" / "logs" / f"{name}.log").read_text()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL") or os.name != "posix", reason="needs POSIX signals")
def test_stopped_while_starting_and_killed_outright_nothing_lingers(tmp_path: Path) -> None:
    early = LiveSystem(tmp_path / "early")
    until(lambda: "gateway" in early.pids() if state_of(early).exists() else False)
    pids = early.pids()
    assert early.stop() == 0
    assert all_gone(pids)

    killed = LiveSystem(tmp_path / "killed")
    killed.wait_until_ready()
    pids, used = killed.pids(), ports(killed)
    killed.launcher.kill()
    killed.launcher.wait()
    until(lambda: all_gone(pids))
    assert all(is_free("127.0.0.1", port) for port in used)


def state_of(system: LiveSystem) -> Path:
    return system.data_folder / "run" / "processes.json"
