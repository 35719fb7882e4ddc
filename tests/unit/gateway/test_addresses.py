import pytest
from starlette.requests import Request

from gateway.addresses import absolute
from gateway.caching import matches


def _request(host: str, scheme: str = "http") -> Request:
    return Request({"type": "http", "headers": [(b"host", host.encode("latin-1"))], "scheme": scheme})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:8000", "http://localhost:8000/files/a.png"),
        ("icons.example.org", "http://icons.example.org/files/a.png"),
        ("[::1]:8000", "http://[::1]:8000/files/a.png"),
        ("", "/files/a.png"),
        ("evil.example/path?", "/files/a.png"),
        ("a b", "/files/a.png"),
        ("[::1", "/files/a.png"),
        ("user@host", "/files/a.png"),
        ('"><script>', "/files/a.png"),
        ("host:port", "/files/a.png"),
    ],
)
def test_paths_become_absolute_where_the_host_is_one(host: str, expected: str):
    assert absolute("/files/a.png", _request(host)) == expected


def test_the_scheme_is_the_callers():
    assert absolute("/a", _request("h", "https")) == "https://h/a"


def test_absolute_addresses_stay():
    assert absolute("https://bucket.example/a.png", _request("localhost")) == "https://bucket.example/a.png"


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", "abc"', True),
        ("*", True),
        ('"ab"', False),
        ("abc", False),
        ("", False),
    ],
)
def test_if_none_match(header: str, known: bool):
    assert matches('"abc"', header) is known
