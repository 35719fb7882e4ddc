"""The settings decide where objects lie."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.object_storage import FolderStorage, S3Storage, open_storage
from shared.storage_settings import StorageSettings
from tests.unit.shared.s3_server import CREDENTIALS

NAMES = (
    "DATA_DIR",
    "PUBLIC_BASE_URL",
    "S3_BUCKET",
    "S3_ENDPOINT_URL",
    "S3_REGION",
    "S3_PUBLIC_URL",
    "S3_PREFIX",
)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def test_nothing_set_means_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    storage = open_storage(StorageSettings())
    assert isinstance(storage, FolderStorage)
    storage.put("public/a.txt", b"x", "text/plain")
    assert (tmp_path / ".data" / "objects" / "public" / "a.txt").read_bytes() == b"x"
    assert storage.url("public/a.txt") == "/files/a.txt"


def test_the_data_folder_and_the_gateways_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "d"))
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://pawtrait.example/")
    monkeypatch.setenv("S3_BUCKET", "")
    storage = open_storage(StorageSettings())
    assert isinstance(storage, FolderStorage)
    assert storage.url("public/a.txt") == "https://pawtrait.example/files/a.txt"
    assert (tmp_path / "d" / "objects").is_dir()


def test_a_bucket_means_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "S3_BUCKET": "dogs",
        "S3_ENDPOINT_URL": "http://127.0.0.1:9000/",
        "S3_REGION": "ap-northeast-2",
        "S3_PREFIX": "prod/",
    }.items():
        monkeypatch.setenv(name, value)
    storage = open_storage(StorageSettings())
    assert isinstance(storage, S3Storage)
    assert storage.url("public/a.txt") == "http://127.0.0.1:9000/dogs/prod/public/a.txt"
    monkeypatch.setenv("S3_PUBLIC_URL", "https://cdn.example")
    assert open_storage(StorageSettings()).url("public/a.txt") == "https://cdn.example/prod/public/a.txt"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_BASE_URL", "pawtrait.example"),
        ("S3_ENDPOINT_URL", "ftp://x"),
        ("S3_PUBLIC_URL", "javascript:alert(1)"),
        ("S3_PREFIX", "../other"),
        ("S3_PREFIX", "/leading"),
        ("S3_PREFIX", "a b"),
    ],
)
def test_settings_that_make_no_sense_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        StorageSettings()
