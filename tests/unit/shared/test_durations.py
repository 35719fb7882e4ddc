"""Durations as people write them."""

from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.durations import Duration
from shared.settings import ServiceSettings


@pytest.mark.parametrize("text", ["15", "15.0", "PT15S", "00:00:15"])
def test_seconds_and_both_clock_forms_are_understood(text: str) -> None:
    assert TypeAdapter(Duration).validate_python(text) == timedelta(seconds=15)


@pytest.mark.parametrize("text", ["soon", "", "nan", "1e400"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Duration).validate_python(text)


def test_settings_take_plain_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "0")
    monkeypatch.setenv("GRACE", "2.5")
    assert ServiceSettings().grace == timedelta(seconds=2.5)
