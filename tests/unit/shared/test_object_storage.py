"""What holds for every object storage, over a folder and over S3 (a real server, by HTTP)."""

import hashlib
import threading
from pathlib import Path

import pytest

from shared.object_storage import FolderStorage, ObjectStorage, S3Storage, StoredObject, media_type_of
from tests.unit.shared.s3_server import S3Server, s3_server

__all__ = ["s3_server"]

ICON = "public/icons/classic-v1/" + hashlib.sha256(b"an icon").hexdigest() + ".png"


KINDS = ("folder", "s3", "s3 with a prefix")


def opened(request: pytest.FixtureRequest, folder: Path) -> ObjectStorage:
    """An empty storage of the kind that a fixture is for."""
    if request.param == "folder":
        return FolderStorage(folder)
    server: S3Server = request.getfixturevalue("s3_server")
    prefix = "one/installation" if "prefix" in request.param else ""
    return S3Storage(server.new_bucket(), endpoint_url=server.url, region="eu-west-1", prefix=prefix)


@pytest.fixture(params=KINDS)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStorage:
    return opened(request, tmp_path / "objects")


@pytest.fixture(params=KINDS, scope="module")
def asked_only(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ObjectStorage:
    """A storage that stays empty, for all that is refused: it takes most of a second to open one."""
    return opened(request, tmp_path_factory.mktemp("asked_only"))


def test_what_is_put_is_read(storage: ObjectStorage) -> None:
    storage.put("dogs/1/profile.jpg", b"\xff\xd8 a dog", "image/jpeg")
    assert storage.get("dogs/1/profile.jpg") == StoredObject(b"\xff\xd8 a dog", "image/jpeg")
    assert storage.exists("dogs/1/profile.jpg")


def test_an_empty_object_is_an_object(storage: ObjectStorage) -> None:
    storage.put("empty.txt", b"", "text/plain")
    assert storage.get("empty.txt") == StoredObject(b"", "text/plain")
    assert storage.exists("empty.txt")


def test_a_large_object_comes_back_whole(storage: ObjectStorage) -> None:
    data = bytes(range(256)) * 20_000
    storage.put("large.bin", data, "application/octet-stream")
    assert storage.get("large.bin") == StoredObject(data, "application/octet-stream")


def test_what_was_never_put_is_none(storage: ObjectStorage) -> None:
    assert storage.get("nothing/here.png") is None
    assert not storage.exists("nothing/here.png")
    storage.put("dogs/1/profile.jpg", b"x", "image/jpeg")
    assert storage.get("dogs/1") is None
    assert not storage.exists("dogs/1")
    assert not storage.exists("dogs")


def test_put_again_replaces(storage: ObjectStorage) -> None:
    storage.put("public/generated/a.jpg", b"before", "image/jpeg")
    storage.put("public/generated/a.jpg", b"after!", "image/jpeg")
    assert storage.get("public/generated/a.jpg") == StoredObject(b"after!", "image/jpeg")


def test_a_content_address_is_written_once(storage: ObjectStorage) -> None:
    storage.put(ICON, b"an icon", "image/png")
    storage.put(ICON, b"AN ICON", "image/png")  # same length: taken for the same content
    assert storage.get(ICON) == StoredObject(b"an icon", "image/png")
    storage.put(ICON, b"a whole icon", "image/png")  # what a crash cut short is mended
    assert storage.get(ICON) == StoredObject(b"a whole icon", "image/png")


def test_delete_removes_and_may_be_repeated(storage: ObjectStorage) -> None:
    storage.put("dogs/1/profile.jpg", b"x", "image/jpeg")
    storage.put("dogs/1/nose-1.jpg", b"y", "image/jpeg")
    for _ in range(2):
        storage.delete("dogs/1/profile.jpg")
    storage.delete("dogs/1")
    assert storage.get("dogs/1/profile.jpg") is None
    assert list(storage.list("dogs/")) == ["dogs/1/nose-1.jpg"]


def test_list_gives_the_keys_below_a_prefix_in_order(storage: ObjectStorage) -> None:
    keys = [
        "a/1.png",
        "a/10.png",
        "a/2.png",
        "a-b/1.png",
        "a.png",
        "a/b/c.png",
        "a0.png",
        "b/1.png",
        "200,150,100-up.png",
    ]
    for key in keys:
        storage.put(key, b"x", "image/png")
    assert list(storage.list("")) == sorted(keys)
    assert list(storage.list("a/")) == ["a/1.png", "a/10.png", "a/2.png", "a/b/c.png"]
    assert list(storage.list("a/1")) == ["a/1.png", "a/10.png"]
    assert list(storage.list("a")) == sorted(key for key in keys if key.startswith("a"))
    assert list(storage.list("a/b/c.png")) == ["a/b/c.png"]
    assert list(storage.list("nothing/")) == []
    assert list(storage.list("a.png/")) == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/etc/passwd",
        "..",
        ".",
        "../secret.txt",
        "a/../../secret.txt",
        "public/../dogs/1.jpg",
        "a/./b.png",
        "a//b.png",
        "a/",
        ".hidden",
        "a/.hidden.png",
        "a b.png",
        "a\\b.png",
        "a\0.png",
        "a\n.png",
        "a%2e.png",
        "강아지.png",
        "٣.png",
        "a" * 201,
        "/".join(["a"] * 17),
        "~root/x.png",
        "http://example.com/x.png",
    ],
)
def test_what_is_no_key_is_refused_everywhere(asked_only: ObjectStorage, key: str) -> None:
    for call in (asked_only.get, asked_only.delete, asked_only.exists, asked_only.url):
        with pytest.raises(ValueError, match="not a key"):
            call(key)
    with pytest.raises(ValueError, match="not a key"):
        asked_only.put(key, b"x", "application/octet-stream")
    assert asked_only.read_public(key) is None


@pytest.mark.parametrize("prefix", ["/", "../", "a/../", "/etc", "a//", ".", "a/.x", "a b"])
def test_what_no_key_begins_with_cannot_be_listed(asked_only: ObjectStorage, prefix: str) -> None:
    with pytest.raises(ValueError, match="beginning of a key"):
        asked_only.list(prefix)


def test_the_media_type_has_to_be_the_one_of_the_extension(storage: ObjectStorage) -> None:
    for key, media_type in (
        ("a.png", "image/jpeg"),
        ("a.png", "text/html"),
        ("a", "image/png"),
        ("a.svg", "image/svg"),
    ):
        with pytest.raises(ValueError, match="stands for"):
            storage.put(key, b"x", media_type)
        assert not storage.exists(key)


def test_only_public_objects_are_read_by_strangers(storage: ObjectStorage) -> None:
    storage.put(ICON, b"an icon", "image/png")
    storage.put("dogs/1/nose.jpg", b"private", "image/jpeg")
    assert storage.read_public(ICON.removeprefix("public/")) == StoredObject(b"an icon", "image/png")
    for path in (
        "dogs/1/nose.jpg",
        "../dogs/1/nose.jpg",
        "..%2fdogs/1/nose.jpg",
        "/dogs/1/nose.jpg",
        ICON,
        "icons",
        "",
    ):
        assert storage.read_public(path) is None


def test_only_public_objects_have_an_address(storage: ObjectStorage) -> None:
    assert storage.url(ICON).endswith(ICON.removeprefix("public/"))
    with pytest.raises(ValueError, match="not a public object"):
        storage.url("dogs/1/nose.jpg")
    with pytest.raises(ValueError, match="not a public object"):
        storage.url("public")


def test_readers_see_the_old_object_or_the_new_one(storage: ObjectStorage) -> None:
    versions = [bytes([letter]) * 200_000 for letter in b"abcd"]
    storage.put("changing.bin", versions[0], "application/octet-stream")
    stop = threading.Event()
    failures: list[str] = []

    def read() -> None:
        while not stop.is_set():
            found = storage.get("changing.bin")
            if found is None or found.data not in versions:
                failures.append("torn" if found else "missing")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(12):
        storage.put("changing.bin", versions[number % 4], "application/octet-stream")
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert list(storage.list("")) == ["changing.bin"]


def test_many_writers_of_one_key(storage: ObjectStorage) -> None:
    errors: list[Exception] = []

    def write(letter: int) -> None:
        try:
            for _ in range(4):
                storage.put("deep/er/key.bin", bytes([letter]) * 5_000, "application/octet-stream")
        except Exception as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=(letter,)) for letter in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    found = storage.get("deep/er/key.bin")
    assert found is not None
    assert len(set(found.data)) == 1
    assert len(found.data) == 5_000


@pytest.mark.parametrize(
    ("key", "media_type"),
    [
        ("a/b.svg", "image/svg+xml"),
        ("a.PNG", "image/png"),
        ("a.webp", "image/webp"),
        ("a.jpg", "image/jpeg"),
        ("a.jpeg", "image/jpeg"),
        ("a.json", "application/json"),
        ("pack.v2/manifest.yaml", "application/yaml"),
        ("a.tar.gz", "application/octet-stream"),
        ("pack.png/manifest", "application/octet-stream"),
        ("png", "application/octet-stream"),
    ],
)
def test_media_types_by_extension(key: str, media_type: str) -> None:
    assert media_type_of(key) == media_type
