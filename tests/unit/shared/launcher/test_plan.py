"""Which processes the launcher plans, on which ports."""

import socket
from pathlib import Path

import pytest

from shared.database.embedded import STOP_SIGNAL
from shared.launcher import plan as module
from shared.launcher.plan import POSTGRES, SERVICES, make_plan, stop_order, with_database
from shared.launcher.ports import any_free

ANY = {"PORT": "0", **{f"{name.upper()}_PORT": "0" for name in (*SERVICES, POSTGRES)}}
DATA = Path("/data")


@pytest.fixture
def icon_wants_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WITH_DATABASE", ("icon",))


def test_the_services_come_before_the_gateway() -> None:
    names = [process.name for process in make_plan(ANY, DATA) if process.name != POSTGRES]
    assert names == [*SERVICES, "gateway"]


@pytest.mark.usefixtures("icon_wants_a_database")
def test_the_database_comes_first_and_ends_as_it_likes() -> None:
    database, *others = make_plan(ANY, DATA)
    assert database.name == POSTGRES
    assert database.stop_signal == STOP_SIGNAL
    assert database.environment == {"DATA_DIR": "/data", "POSTGRES_PORT": str(database.port)}
    assert database.port not in {process.port for process in others}


@pytest.mark.usefixtures("icon_wants_a_database")
@pytest.mark.parametrize("said", ["a lot", "64", "0MB", "-1GB", "64MB -c fsync=off"])
def test_memory_that_is_no_size_is_told_before_anything_starts(said: str) -> None:
    with pytest.raises(ValueError, match="POSTGRES_SHARED_BUFFERS"):
        make_plan({**ANY, "POSTGRES_SHARED_BUFFERS": said}, DATA)
    assert make_plan({**ANY, "POSTGRES_SHARED_BUFFERS": "1GB"}, DATA)


@pytest.mark.usefixtures("icon_wants_a_database")
def test_another_database_takes_its_place() -> None:
    plan = make_plan({**ANY, "DATABASE_URL": "postgresql://elsewhere"}, DATA)
    assert POSTGRES not in {process.name for process in plan}


def test_without_a_service_that_wants_one_there_is_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WITH_DATABASE", ())
    assert POSTGRES not in {process.name for process in make_plan(ANY, DATA)}


@pytest.mark.usefixtures("icon_wants_a_database")
def test_only_those_who_ask_are_told_where_the_database_is() -> None:
    plan = with_database(make_plan(ANY, DATA), "postgresql://here")
    told = {process.name for process in plan if "DATABASE_URL" in process.environment}
    assert told == {"icon"}
    icon = next(process for process in plan if process.name == "icon")
    assert icon.environment["DATABASE_URL"] == "postgresql://here"
    assert icon.environment["ICON_PORT"] == str(icon.port)


@pytest.mark.usefixtures("icon_wants_a_database")
def test_the_gateway_stops_first_and_the_database_last() -> None:
    groups = [{process.name for process in group} for group in stop_order(make_plan(ANY, DATA))]
    assert groups == [{"gateway"}, set(SERVICES), {POSTGRES}]


def test_each_service_is_told_its_port_and_the_gateway_all_addresses() -> None:
    *services, gateway = (process for process in make_plan(ANY, DATA) if process.name != POSTGRES)
    assert len({process.port for process in [*services, gateway]}) == len(services) + 1
    for service in services:
        assert service.environment[f"{service.name.upper()}_PORT"] == str(service.port)
        assert service.environment[f"{service.name.upper()}_HOST"] == "127.0.0.1"
        assert gateway.environment[f"{service.name.upper()}_ADDRESS"] == service.address
    assert gateway.environment["PORT"] == str(gateway.port)


def test_those_who_keep_data_are_told_where() -> None:
    plan = with_database(make_plan(ANY, DATA), "postgresql://here")
    assert {process.name for process in plan if "DATABASE_URL" in process.environment} == {
        "noseprint",
        "facetype",
    }


def test_every_process_is_told_the_data_folder() -> None:
    assert {process.environment["DATA_DIR"] for process in make_plan(ANY, DATA)} == {"/data"}


def test_the_gateways_port_is_the_one_asked_for() -> None:
    port = any_free("127.0.0.1", set())
    assert make_plan({**ANY, "PORT": str(port)}, DATA)[-1].address == f"127.0.0.1:{port}"


def test_a_service_takes_the_next_free_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        plan = make_plan({**ANY, "TRAITS_PORT": str(taken)}, DATA)
    traits = next(process for process in plan if process.name == "traits")
    assert taken < traits.port < taken + 100


def test_two_services_that_want_the_same_port_get_two() -> None:
    port = any_free("127.0.0.1", set())
    plan = make_plan({**ANY, "TRAITS_PORT": str(port), "ICON_PORT": str(port)}, DATA)
    ports = {process.name: process.port for process in plan}
    assert ports["traits"] == port
    assert port < ports["icon"] < port + 100


def test_the_gateways_taken_port_is_a_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(OSError, match=f"port {taken} is taken; choose another with PORT="):
            make_plan({**ANY, "PORT": str(taken)}, DATA)


@pytest.mark.parametrize("text", ["eighty", "-1", "65536", "80.5", " 80", "٨٠"])
@pytest.mark.parametrize("name", ["PORT", "TRAITS_PORT"])
def test_what_is_no_port_is_a_clear_error(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}=.* is no port"):
        make_plan({**ANY, name: text}, DATA)
