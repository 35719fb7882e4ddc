"""Request ids that may be kept, and those that may not."""

import re

import pytest

from shared.request_context import accept_or_make


@pytest.mark.parametrize("sane", ["a", "photo-42", "A.b_c-9", "x" * 64, "0" * 32])
def test_harmless_ids_are_kept(sane: str) -> None:
    assert accept_or_make(sane) == sane
    assert accept_or_make(sane.encode()) == sane


@pytest.mark.parametrize(
    "forged",
    [
        None,
        "",
        b"",
        "x" * 65,
        "a b",
        "a\n",
        "a\nlevel=error",
        '"}',
        "é",
        "한",
        b"\xff\xfe",
        "../x",
        "a;b",
        "$(id)",
    ],
)
def test_others_are_replaced(forged: str | bytes | None) -> None:
    made = accept_or_make(forged)
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert accept_or_make(forged) != made, "each call gets one of its own"
