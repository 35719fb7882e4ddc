"""Settings from the environment."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class PaintSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PAINT_", extra="ignore")

    port: int = 50099


def test_the_defaults_stand() -> None:
    settings = PaintSettings()
    assert (settings.host, settings.port) == ("127.0.0.1", 50099)
    assert settings.grace < timedelta(seconds=15), "the launcher kills after 15 s"
    assert settings.drain + settings.grace < timedelta(seconds=30), "Kubernetes kills after 30 s"
    assert settings.max_message_bytes > 15_000_000, "one photo must fit"


def test_the_environment_sets_them_by_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAINT_MAX_IN_FLIGHT", "3")
    monkeypatch.setenv("PAINT_DEFAULT_DEADLINE", "PT1.5S")
    monkeypatch.setenv("PAINT_REFLECTION", "off")
    monkeypatch.setenv("OTHER_WORKERS", "9")
    monkeypatch.setenv("WORKERS", "9")
    settings = PaintSettings()
    assert settings.max_in_flight == 3
    assert settings.default_deadline == timedelta(seconds=1.5)
    assert settings.reflection is False
    assert settings.workers == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_IN_FLIGHT", "0"),
        ("MAX_IN_FLIGHT", "many"),
        ("WORKERS", "0"),
        ("INFERENCE_THREADS", "-1"),
        ("DRAIN", "soon"),
        ("MAX_MESSAGE_BYTES", "10"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"PAINT_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        PaintSettings()
