"""Settings, keys, and what the service is called."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.facetype.opening import open_keys
from services.facetype.server import FaceTypeServer
from services.facetype.settings import FaceTypeSettings


def test_is_what_the_contract_calls_it() -> None:
    assert FaceTypeServer.full_name == "pawtrait.facetype.v1.FaceTypeService"
    assert FaceTypeSettings().port == 50055


def test_the_built_in_catalogue_is_the_default() -> None:
    assert (FaceTypeSettings().catalogue / "catalogue.yaml").is_file()


def test_everything_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "FACETYPE_CATALOGUE": str(tmp_path),
        "FACETYPE_RETENTION": "P30D",
        "DATABASE_URL": "postgresql://elsewhere",
        "FACETYPE_KEYS_FILE": "/run/secrets/keys.json",
        "FACETYPE_INFERENCE_THREADS": "2",
    }.items():
        monkeypatch.setenv(name, value)
    settings = FaceTypeSettings()
    assert settings.catalogue == tmp_path
    assert settings.retention == timedelta(days=30)
    assert settings.database_url == "postgresql://elsewhere"
    assert settings.keys_file == Path("/run/secrets/keys.json")
    assert settings.inference_threads == 2


def test_what_is_empty_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("FACETYPE_RETENTION", "")
    assert FaceTypeSettings().database_url is None
    assert FaceTypeSettings().retention == timedelta(days=90)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACETYPE_RETENTION", "0"),
        ("FACETYPE_RETENTION", "-1"),
        ("FACETYPE_RETENTION", "a while"),
        ("FACETYPE_TIME_ZONE", "Mars/Olympus"),
        ("FACETYPE_UPLOAD_LIFETIME", "30"),
        ("FACETYPE_DATABASE_CONNECTIONS", "1"),
    ],
)
def test_what_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        FaceTypeSettings()


def test_keys_are_made_in_the_data_folder_only(tmp_path: Path) -> None:
    keys = open_keys(FaceTypeSettings(), tmp_path)
    assert keys.path == tmp_path / "keys" / "facetype.json"
    assert open_keys(FaceTypeSettings(), tmp_path).ring() == keys.ring()
    with pytest.raises(FileNotFoundError):
        open_keys(FaceTypeSettings(keys_file=tmp_path / "mounted.json"), tmp_path)
