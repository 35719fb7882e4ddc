"""Tokens in a call's metadata."""

import pytest

from shared.call_metadata import bearer_token, metadata_of


class Call:
    """Of a gRPC call, what carries metadata."""

    def __init__(self, *metadata: tuple[str, str | bytes]) -> None:
        self._metadata = metadata

    def invocation_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        return self._metadata


def test_keys_are_small_and_values_are_text() -> None:
    call = Call(("Authorization", "Bearer a"), ("x-raw", b"\xff"), ("x-known", b"\xea\xbf\x8d"))
    metadata = metadata_of(call)  # type: ignore[arg-type]
    assert metadata == {"authorization": "Bearer a", "x-raw": "\ufffd", "x-known": "꿍"}


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("BEARER abc", "abc"),
        ("Bearer", ""),
        ("Bearer ", ""),
        ("Basic abc", ""),
        ("", ""),
    ],
)
def test_tokens_are_what_a_bearer_shows(value: str, token: str) -> None:
    assert bearer_token({"authorization": value}) == token


def test_without_one_there_is_none() -> None:
    assert bearer_token({}) == ""
