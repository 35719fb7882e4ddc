"""What the sweeper takes away, and what it must leave."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import grpc
import pytest

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from services.noseprint.register import search, uploads
from services.noseprint.sweeper import Sweeper, Swept
from shared.errors import PawtraitError, Reason
from shared.uploads import announcements
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import Service, refused


def sweeper(service: Service, **changes: Any) -> Sweeper:
    settings = service.context.settings.model_copy(update=changes)
    return Sweeper(service.database, service.context.storage, settings)


NOW = {"upload_lifetime": timedelta(0)}


class TestPictures:
    async def test_that_no_row_names_go(self, service: Service) -> None:
        await service.register(1, profile=drawn.grey())
        named = service.pictures()
        storage = service.context.storage
        stray = uuid.uuid4()
        for key in (uploads.nose_key(stray, 0), uploads.profile_key(stray)):
            storage.put(key, b"\xff\xd8\xff", "image/jpeg")
        storage.put("public/icons/other.png", b"not ours", "image/png")
        assert await sweeper(service).sweep() == Swept(rows=0, pictures=2)
        assert service.pictures() == named
        assert storage.exists("public/icons/other.png")

    async def test_on_their_way_stay(self, service: Service) -> None:
        upload = uuid.uuid4()
        async with service.database.connection() as connection:
            await announcements.begin(connection, upload)
        service.context.storage.put(uploads.nose_key(upload, 0), b"\xff\xd8\xff", "image/jpeg")
        assert await sweeper(service).sweep() == Swept(rows=0, pictures=0)
        assert await sweeper(service, **NOW).sweep() == Swept(rows=1, pictures=1)

    async def test_an_upload_that_was_given_up_can_no_longer_be_named(self, service: Service) -> None:
        upload = uuid.uuid4()
        async with service.database.connection() as connection:
            await announcements.begin(connection, upload)
        await sweeper(service, **NOW).sweep()
        async with service.database.connection() as connection:
            with pytest.raises(PawtraitError) as caught:
                await announcements.finish(connection, upload)
        assert caught.value.reason is Reason.SERVICE_UNAVAILABLE

    async def test_none_is_lost_while_dogs_are_registered(self, service: Service) -> None:
        """Sweeps all the time, with a lifetime that no upload outlives: whatever is registered is whole."""
        stop = asyncio.Event()

        async def sweep() -> None:
            while not stop.is_set():
                await sweeper(service).sweep()

        sweeping = asyncio.ensure_future(sweep())
        answers = await asyncio.gather(
            *(service.register(dog, phone=f"010-1234-10{dog:02}") for dog in range(8))
        )
        stop.set()
        await sweeping
        assert len(answers) == 8
        assert len(service.pictures()) == 40
        async with service.database.connection() as connection:
            rows = await connection.fetch("SELECT picture_key FROM prints")
        assert sorted(row["picture_key"] for row in rows) == service.pictures()

    async def test_of_an_upload_that_broke_off_go_later(
        self, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The storage fails at the third picture: nothing is registered, and the sweep leaves nothing."""
        storage, put = service.context.storage, service.context.storage.put
        count = 0

        def failing(key: str, data: bytes, media_type: str) -> None:
            nonlocal count
            count += 1
            if count == 3:
                raise PawtraitError(Reason.SERVICE_UNAVAILABLE, "disk full", {"service": "storage"})
            put(key, data, media_type)

        monkeypatch.setattr(storage, "put", failing)
        async with refused(grpc.StatusCode.UNAVAILABLE, "SERVICE_UNAVAILABLE") as metadata:
            await service.register(1)
        assert metadata["service"] == "storage"
        assert await service.rows("dogs") == 0
        await asyncio.sleep(0.2)
        await sweeper(service, **NOW).sweep()
        assert service.pictures() == []
        monkeypatch.undo()
        await service.register(1)


class TestRows:
    async def test_that_expired_go(self, service: Service) -> None:
        await service.register(1, request_id="a-key")
        await service.register(2)
        await service.ask()
        await service.stub.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(1, 9)))
        tables = ("contact_tokens", "lookups", "idempotency", "confirmation_codes")
        assert await sweeper(service).sweep() == Swept(rows=0, pictures=0)
        async with service.database.connection() as connection:
            for table in tables:
                await connection.execute(f"UPDATE {table} SET expires_at = now()")  # noqa: S608
        assert await sweeper(service, outbox_retention=timedelta(0)).sweep() == Swept(rows=5, pictures=0)
        for table in (*tables, "outbox"):
            assert await service.rows(table) == 0
        assert await service.rows("dogs") == 2


async def test_one_sweeps_at_a_time(service: Service) -> None:
    async with service.database.maintaining() as alone:
        assert alone
        assert await sweeper(service).sweep() is None
    assert await sweeper(service).sweep() is not None


async def test_the_index_is_built_when_it_pays(service: Service) -> None:
    await service.register(1)
    async with service.database.connection() as connection:
        await sweeper(service, index_from=2, index_memory="64MB").sweep()
        assert not await search.has_index(connection)
        await sweeper(service, index_from=1, index_memory="64MB").sweep()
        assert await search.has_index(connection)
    found = await service.stub.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(1, 9)))
    assert found.HasField("match")
