"""Which processes the launcher plans, on which ports."""

import socket
from pathlib import Path

import pytest

from shared.launcher.plan import SERVICES, make_plan
from shared.launcher.ports import any_free

ANY = {"PORT": "0", **{f"{name.upper()}_PORT": "0" for name in SERVICES}}
DATA = Path("/data")


def test_the_services_come_before_the_gateway() -> None:
    assert [process.name for process in make_plan(ANY, DATA)] == [*SERVICES, "gateway"]


def test_each_service_is_told_its_port_and_the_gateway_all_addresses() -> None:
    *services, gateway = make_plan(ANY, DATA)
    assert len({process.port for process in [*services, gateway]}) == len(services) + 1
    for service in services:
        assert service.environment[f"{service.name.upper()}_PORT"] == str(service.port)
        assert service.environment[f"{service.name.upper()}_HOST"] == "127.0.0.1"
        assert gateway.environment[f"{service.name.upper()}_ADDRESS"] == service.address
    assert gateway.environment["PORT"] == str(gateway.port)


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
