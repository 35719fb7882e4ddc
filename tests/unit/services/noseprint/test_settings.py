"""Settings of the nose-print service, and what a caller's metadata says."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.noseprint.messages import caller_of
from services.noseprint.opening import open_keys
from services.noseprint.server import NosePrintServer
from services.noseprint.settings import NosePrintSettings
from services.noseprint.sweeper import Sweeper
from shared.errors import PawtraitError, Reason
from shared.messages import to_uuid


def test_is_what_the_contract_calls_it() -> None:
    assert NosePrintServer.full_name == "pawtrait.noseprint.v1.NosePrintService"
    assert NosePrintSettings().port == 50054
    assert Sweeper.__doc__


def test_shared_names_have_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere")
    monkeypatch.setenv("SMTP_URL", "smtps://mail.example.com")
    monkeypatch.setenv("NOSEPRINT_TIME_ZONE", "Europe/Berlin")
    monkeypatch.setenv("NOSEPRINT_PHONE_REGION", "de")
    monkeypatch.setenv("NOSEPRINT_LOOKUP_RETENTION", "60")
    settings = NosePrintSettings()
    assert settings.database_url == "postgresql://somewhere"
    assert settings.smtp_url == "smtps://mail.example.com"
    assert settings.phone_region == "DE"
    assert settings.lookup_retention == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NOSEPRINT_TIME_ZONE", "Nowhere/Land"),
        ("NOSEPRINT_TIME_ZONE", "../../etc/passwd"),
        ("NOSEPRINT_PHONE_REGION", "XX"),
        ("NOSEPRINT_INDEX_MEMORY", "1; DROP TABLE dogs"),
        ("NOSEPRINT_UPLOAD_LIFETIME", "1"),
        ("SMTP_URL", "http://mail.example.com"),
    ],
)
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        NosePrintSettings()


class Metadata:
    """The part of a call's context that says who calls."""

    def __init__(self, *metadata: tuple[str, Any]) -> None:
        self._metadata = metadata

    def invocation_metadata(self) -> tuple[tuple[str, Any], ...]:
        return self._metadata


@pytest.mark.parametrize(
    ("metadata", "token", "is_administrator"),
    [
        ((), "", False),
        ((("authorization", "Bearer abc"),), "abc", False),
        ((("authorization", "bearer  abc "),), "abc", False),
        ((("authorization", "Basic abc"),), "", False),
        ((("authorization", b"Bearer \xff"),), "\ufffd", False),
        ((("x-pawtrait-admin", "1"),), "", True),
        ((("x-pawtrait-admin", "0"),), "", False),
        ((("x-pawtrait-admin", ""),), "", False),
    ],
)
def test_callers(metadata: tuple[tuple[str, Any], ...], token: str, is_administrator: bool) -> None:
    caller = caller_of(Metadata(*metadata))  # type: ignore[arg-type]
    assert (caller.token, caller.is_administrator) == (token, is_administrator)
    assert not token or token not in repr(caller)


def test_what_is_no_id_is_not_there() -> None:
    with pytest.raises(PawtraitError) as caught:
        to_uuid("no id", "dog_id")
    assert caught.value.reason is Reason.NOT_FOUND


class TestKeys:
    def test_are_made_in_the_data_folder(self, tmp_path: Path) -> None:
        keys = open_keys(NosePrintSettings(), tmp_path)
        assert keys.path == tmp_path / "keys" / "noseprint.json"
        assert open_keys(NosePrintSettings(), tmp_path).ring() == keys.ring()

    def test_are_not_made_where_a_setting_says_they_are(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            open_keys(NosePrintSettings(keys_file=tmp_path / "mounted.json"), tmp_path)
        assert not (tmp_path / "mounted.json").exists()
