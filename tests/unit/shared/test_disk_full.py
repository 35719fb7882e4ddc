"""What is written on a disk that is full: never half there; reading goes on, writing when there is room."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.errors import PawtraitError, Reason
from shared.object_storage import FolderStorage, StoredObject
from shared.room import Room, is_full
from shared.whole_files import whole_file, write_whole
from tests.small_disk import SmallDisk, small_disk

KEY = "noses/1/0.jpg"
LARGE = 1_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 4) as mounted:
        yield mounted


def full(call: object) -> PawtraitError:
    with pytest.raises(PawtraitError) as caught:
        call()  # type: ignore[operator]
    assert caught.value.reason is Reason.STORAGE_FULL
    assert caught.value.metadata == {"service": "storage", "retry_after": "60"}
    return caught.value


class TestObjectsInAFolder:
    def test_are_whole_or_not_there_and_go_on_when_there_is_room(self, disk: SmallDisk) -> None:
        storage = FolderStorage(disk.folder / "objects")
        storage.put(KEY, b"before", "image/jpeg")
        disk.fill(LARGE // 2)
        full(lambda: storage.put(KEY, bytes(LARGE), "image/jpeg"))
        full(lambda: storage.put("noses/2/0.jpg", bytes(LARGE), "image/jpeg"))
        assert storage.get(KEY) == StoredObject(b"before", "image/jpeg")
        assert storage.get("noses/2/0.jpg") is None
        assert list(storage.list("")) == [KEY]
        left = [path.name for path in (disk.folder / "objects").rglob("*") if path.is_file()]
        assert left == ["0.jpg"], "nothing unfinished takes room"
        disk.fill()
        full(lambda: storage.put("noses/3/0.jpg", b"x" * 5000, "image/jpeg"))
        storage.delete(KEY)
        disk.free_again()
        storage.put("noses/2/0.jpg", bytes(LARGE), "image/jpeg")
        assert storage.get("noses/2/0.jpg") == StoredObject(bytes(LARGE), "image/jpeg")

    def test_on_a_disk_that_was_turned_read_only_are_read_and_not_taken(self, disk: SmallDisk) -> None:
        storage = FolderStorage(disk.folder / "objects")
        storage.put(KEY, b"before", "image/jpeg")
        disk.allow_writing(False)
        full(lambda: storage.put("noses/2/0.jpg", b"x", "image/jpeg"))
        full(lambda: storage.delete(KEY))
        again = FolderStorage(disk.folder / "objects")
        assert again.get(KEY) == StoredObject(b"before", "image/jpeg")
        disk.allow_writing(True)
        storage.put("noses/2/0.jpg", b"x", "image/jpeg")
        storage.delete(KEY)

    def test_leave_the_reserve(self, disk: SmallDisk) -> None:
        storage = FolderStorage(disk.folder / "objects", reserve=2_000_000)
        storage.put(KEY, bytes(LARGE), "image/jpeg")
        full(lambda: storage.put("noses/2/0.jpg", bytes(LARGE) * 2, "image/jpeg"))
        disk.fill(1_900_000)
        full(lambda: storage.put("noses/2/0.jpg", b"x", "image/jpeg"))
        assert storage.get(KEY) is not None
        storage.delete(KEY)
        storage.put("noses/2/0.jpg", b"x", "image/jpeg")


class TestRoom:
    def test_is_asked_of_each_disk(self, disk: SmallDisk, tmp_path: Path) -> None:
        room = Room("storage", lambda: (tmp_path, disk.folder), 1_000_000)
        room.check()
        disk.fill(900_000)
        full(room.check)
        disk.free_again()
        room.check(2_000_000)
        full(lambda: room.check(4_000_000))

    def test_without_a_reserve_or_a_folder_there_is_always_some(self, disk: SmallDisk) -> None:
        disk.fill()
        Room("storage", lambda: (disk.folder,), 0).check()
        Room("storage", lambda: (disk.folder / "none",), 1_000_000).check()


class TestWholeFiles:
    def test_keep_what_was_there(self, disk: SmallDisk) -> None:
        path = disk.folder / "keys.json"
        write_whole(path, b"before")
        disk.fill(LARGE // 2)
        with pytest.raises(OSError, match="No space") as caught:
            write_whole(path, bytes(LARGE))
        assert is_full(caught.value)
        assert path.read_bytes() == b"before"
        assert sorted(each.name for each in disk.folder.iterdir()) == ["filling", "keys.json"]

    def test_are_not_there_when_whoever_writes_them_fails(self, tmp_path: Path) -> None:
        def fail() -> None:
            with whole_file(tmp_path / "a") as file:
                file.write(b"half")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.ENOSPC, True),
        (errno.EDQUOT, True),
        (errno.EROFS, True),
        (errno.EFBIG, True),
        (errno.EIO, False),
        (errno.EACCES, False),
    ],
)
def test_which_errors_say_that_a_disk_takes_nothing(code: int, expected: bool) -> None:
    error = OSError(code, "so it is")
    assert is_full(error) is expected
    outer = RuntimeError()
    outer.__cause__ = error
    assert is_full(outer) is expected
