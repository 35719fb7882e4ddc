"""Objects and the rows that name them, stored together or not at all."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from shared.database.service_database import ServiceDatabase
from shared.errors import PawtraitError, Reason
from shared.object_storage import FolderStorage
from shared.uploads import announcements
from shared.uploads.object_uploads import ObjectUploads
from shared.uploads.orphans import remove_orphans
from tests.unit.shared.small_schema import small_database

__all__ = ["small_database"]

PICTURES = {"things/a.jpg": b"a", "public/things/b.png": b"b"}
NOW = timedelta(0)


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "objects")


@pytest.fixture
def uploads(small_database: ServiceDatabase, storage: FolderStorage) -> Iterator[ObjectUploads]:
    opened = ObjectUploads(small_database, storage)
    yield opened
    opened.close()


async def announced(database: ServiceDatabase) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM uploads"))


class TestAnUpload:
    async def test_is_announced_and_stored(
        self, uploads: ObjectUploads, storage: FolderStorage, small_database: ServiceDatabase
    ) -> None:
        await uploads.upload(uuid.uuid4(), PICTURES)
        assert [*storage.list("public/"), *storage.list("things/")] == ["public/things/b.png", "things/a.jpg"]
        assert await uploads.get("things/a.jpg") == b"a"
        assert await uploads.get("things/none.jpg") is None
        assert await announced(small_database) == 1

    async def test_is_announced_before_anything_is_stored(
        self,
        uploads: ObjectUploads,
        storage: FolderStorage,
        small_database: ServiceDatabase,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def broken(*_: object) -> None:
            raise PawtraitError(Reason.SERVICE_UNAVAILABLE, "disk full", {"service": "storage"})

        monkeypatch.setattr(storage, "put", broken)
        with pytest.raises(PawtraitError):
            await uploads.upload(uuid.uuid4(), PICTURES)
        assert await announced(small_database) == 1

    async def test_that_is_taken_back_leaves_nothing(
        self, uploads: ObjectUploads, storage: FolderStorage, small_database: ServiceDatabase
    ) -> None:
        upload = uuid.uuid4()
        await uploads.upload(upload, PICTURES)
        await uploads.take_back(upload, PICTURES)
        assert [*storage.list("")] == []
        assert await announced(small_database) == 0

    async def test_that_cannot_be_taken_back_is_left_to_the_sweeper(
        self,
        uploads: ObjectUploads,
        storage: FolderStorage,
        small_database: ServiceDatabase,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def broken(*_: object) -> None:
            raise PawtraitError(Reason.SERVICE_UNAVAILABLE, "read-only", {"service": "storage"})

        upload = uuid.uuid4()
        await uploads.upload(upload, PICTURES)
        monkeypatch.setattr(storage, "delete", broken)
        await uploads.take_back(upload, PICTURES)
        await uploads.remove_or_leave(PICTURES)
        assert await announced(small_database) == 1


class TestAnAnnouncement:
    async def test_goes_with_the_transaction_that_names_the_objects(
        self, small_database: ServiceDatabase
    ) -> None:
        upload = uuid.uuid4()
        async with small_database.connection() as connection:
            await announcements.begin(connection, upload)

        async def fail() -> None:
            async with small_database.transaction() as connection:
                await announcements.finish(connection, upload)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await fail()
        assert await announced(small_database) == 1
        async with small_database.transaction() as connection:
            await announcements.finish(connection, upload)
        assert await announced(small_database) == 0

    async def test_that_was_given_up_cannot_be_finished(self, small_database: ServiceDatabase) -> None:
        upload = uuid.uuid4()
        async with small_database.connection() as connection:
            await announcements.begin(connection, upload)
            assert await announcements.give_up_old(connection, timedelta(hours=1)) == 0
            assert await announcements.give_up_old(connection, NOW) == 1
            with pytest.raises(PawtraitError) as caught:
                await announcements.finish(connection, upload)
        assert caught.value.reason is Reason.SERVICE_UNAVAILABLE


async def test_only_what_nobody_names_is_removed(storage: FolderStorage) -> None:
    for number in range(1200):  # several batches
        storage.put(f"public/things/{number}.txt", b"x", "text/plain")
    storage.put("public/others/1.txt", b"x", "text/plain")
    asked: list[int] = []

    async def unnamed(keys: Sequence[str]) -> list[str]:
        asked.append(len(keys))
        return [key for key in keys if not key.endswith("7.txt")]

    assert await remove_orphans(storage, ["public/things/", "nothing/"], unnamed) == 1080
    assert sum(asked) == 1200
    assert max(asked) <= 500
    left = list(storage.list("public/"))
    assert len(left) == 121
    assert "public/others/1.txt" in left
