"""What is particular to objects in a folder."""

import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.errors import ErrorKind, PawtraitError, Reason
from shared.object_storage import FolderStorage, StoredObject


def test_addresses_lead_to_the_gateway(tmp_path: Path) -> None:
    key = "public/generated/200,150,100-up250,250,250-nose.jpg"
    path = "/files/generated/200,150,100-up250,250,250-nose.jpg"
    assert FolderStorage(tmp_path).url(key) == path
    assert FolderStorage(tmp_path, "https://pawtrait.example").url(key) == f"https://pawtrait.example{path}"
    assert FolderStorage(tmp_path, "https://pawtrait.example/").url(key) == f"https://pawtrait.example{path}"


def test_objects_outlive_the_process_that_put_them(tmp_path: Path) -> None:
    FolderStorage(tmp_path / "new" / "folder").put("a/b.png", b"x", "image/png")
    assert FolderStorage(tmp_path / "new" / "folder").get("a/b.png") == StoredObject(b"x", "image/png")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    storage = FolderStorage(tmp_path / "objects")
    storage.put("public/a.txt", b"x", "text/plain")
    public = tmp_path / "objects" / "public"
    (public / "folder").symlink_to(outside)
    (public / "file.txt").symlink_to(outside / "secret.txt")
    (public / "private").symlink_to("..")
    for key in ("public/folder/secret.txt", "public/file.txt", "public/private/public/a.txt"):
        assert storage.read_public(key.removeprefix("public/")) is None
        for call in (storage.get, storage.exists, storage.delete):
            with pytest.raises(ValueError, match="symbolic link"):
                call(key)
        with pytest.raises(ValueError, match="symbolic link"):
            storage.put(key, b"overwritten", "text/plain")
    assert (outside / "secret.txt").read_text() == "secret"
    assert list(storage.list("")) == ["public/a.txt"]


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    storage = FolderStorage(tmp_path / "data")
    storage.put("a.txt", b"x", "text/plain")
    assert (tmp_path / "disk" / "a.txt").read_bytes() == b"x"
    assert storage.get("a.txt") == StoredObject(b"x", "text/plain")


def test_what_a_crash_left_unfinished_is_no_object(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    storage.put("a/b.txt", b"x", "text/plain")
    (tmp_path / "a" / ".unfinished-xyz").write_bytes(b"half")
    assert list(storage.list("")) == ["a/b.txt"]


@contextmanager
def no_file_longer_than(length: int) -> Iterator[None]:
    """The system refuses writes past ``length`` bytes, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("key", ["dogs/a.bin", "public/a.bin"])
def test_a_write_that_fails_keeps_the_old_object_and_leaves_no_litter(tmp_path: Path, key: str) -> None:
    storage = FolderStorage(tmp_path)
    storage.put(key, b"before", "application/octet-stream")
    with no_file_longer_than(10_000), pytest.raises(PawtraitError) as caught:
        storage.put(key, bytes(50_000), "application/octet-stream")
    assert caught.value.reason is Reason.STORAGE_FULL
    assert caught.value.kind is ErrorKind.FULL
    assert caught.value.metadata == {"service": "storage", "retry_after": "60"}
    assert str(tmp_path) not in caught.value.message
    assert storage.get(key) == StoredObject(b"before", "application/octet-stream")
    assert [file.name for file in (tmp_path / key).parent.iterdir()] == ["a.bin"]


def test_a_folder_that_cannot_be_made() -> None:
    with pytest.raises(PawtraitError) as caught:
        FolderStorage(Path(os.devnull) / "objects")
    assert caught.value.reason is Reason.SERVICE_UNAVAILABLE


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    storage.put("a", b"x", "application/octet-stream")
    assert storage.get("a/b.png") is None
    assert not storage.exists("a/b.png")
    storage.delete("a/b.png")
    with pytest.raises(PawtraitError) as caught:
        storage.put("a/b.png", b"x", "image/png")
    assert caught.value.reason is Reason.SERVICE_UNAVAILABLE


def test_objects_are_for_their_owner_only(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    storage.put("dogs/1/nose.jpg", b"private", "image/jpeg")
    assert stat.S_IMODE((tmp_path / "dogs" / "1" / "nose.jpg").stat().st_mode) == 0o600
