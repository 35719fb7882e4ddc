"""Free and taken ports, with real sockets."""

import socket
from collections.abc import Iterator

import pytest

from shared.launcher.ports import any_free, is_free, next_free

HOST = "127.0.0.1"


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_is_listened_on_is_taken(taken_port: int) -> None:
    assert not is_free(HOST, taken_port)


def test_a_port_is_free_again_after_its_server_ended() -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((HOST, port)):
            accepted, _ = server.accept()
            # The server closes first: the port is left in TIME_WAIT.
            accepted.close()
    assert is_free(HOST, port)


def test_the_next_free_port_is_the_one_asked_for_when_it_is_free() -> None:
    port = any_free(HOST, set())
    assert next_free(HOST, port, set()) == port


def test_the_next_free_port_passes_over_taken_ones(taken_port: int) -> None:
    found = next_free(HOST, taken_port, set())
    assert taken_port < found < taken_port + 100
    assert is_free(HOST, found)
    assert next_free(HOST, taken_port, {found}) > found


def test_0_asks_for_any_port() -> None:
    assert is_free(HOST, next_free(HOST, 0, set()))


def test_any_free_port_is_none_of_the_taken_ones() -> None:
    seen: set[int] = set()
    for _ in range(200):
        port = any_free(HOST, seen)
        assert port not in seen
        seen.add(port)


def test_no_free_port_is_a_clear_error() -> None:
    with pytest.raises(OSError, match="no free port between 65500 and 65535"):
        next_free(HOST, 65500, set(range(65500, 65536)))
