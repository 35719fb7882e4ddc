"""Rotation of keys, decisions, enrolment of folders, and re-embedding."""

import asyncio
import csv
import stat
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from services.noseprint import decide
from services.noseprint.identification import Identification
from services.noseprint.jobs.enrol import Enrolment, read_results
from services.noseprint.jobs.reembed import Reembedding
from services.noseprint.jobs.workshop import Workshop, open_workshop
from services.noseprint.opening import Models
from services.noseprint.photos import PhotoReader
from services.noseprint.register import outbox, owners, rotation, search
from services.noseprint.register.encryption import PURPOSES, RegisterCipher
from services.noseprint.rotate_keys import rotate
from services.noseprint.scoring import MatchScorer
from shared.geometry import Box, RgbImage
from shared.secrets.field_cipher import CannotOpenError
from shared.secrets.key_ring import KeyFile, KeyRing
from shared.storage_settings import StorageSettings
from shared.uploads.object_uploads import ObjectUploads
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import Service

KIM = {"phone": "010-9999-0000", "owner": "김철수", "email": "kim@example.com"}


def quiet(_: str) -> None:
    pass


class TestRotation:
    async def test_nothing_is_lost_and_the_old_keys_are_worthless(self, service: Service) -> None:
        first = await service.register(1, request_id="a-key")
        await service.register(2)
        await service.ask()  # a code for the first owner waits in the outbox
        keys = KeyFile(service.data_dir / "keys" / "noseprint.json", PURPOSES)
        old = keys.ring()
        count = await rotate(service.database, keys, drop_old=True, say=quiet)
        assert count == 2 + 1 + 1 + 2  # owners, outbox, idempotency; phone numbers
        new = keys.ring()
        assert not set(old["fields"].keys) & set(new["fields"].keys)
        assert not set(old["phone"].keys) & set(new["phone"].keys)
        async with service.database.connection() as connection:
            owner_id = uuid.UUID(first.dog.owner_id)
            facts = await owners.read(connection, service.context.cipher, owner_id)
            assert facts is not None
            assert facts.phone == "+821012345678"
            assert await owners.find_confirmed(connection, service.context.cipher, facts.phone) == owner_id
            (message,) = await outbox.of_owner(connection, service.context.cipher, owner_id)
            assert message.body["dog"] == "꿍이"
        # The running service follows: the repeated call, and the known phone.
        assert await service.register(1, request_id="a-key") == first
        await service.register(3)
        assert await service.rows("owners WHERE confirmed") == 1
        assert await service.rows("audit WHERE event = 'keys_rotated'") == 1

    async def test_every_sealed_column_is_known_to_it(self, service: Service) -> None:
        async with service.database.connection() as connection:
            rows = await connection.fetch(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'noseprint' AND column_name LIKE '%sealed'"
            )
        assert {(row["table_name"], row["column_name"]) for row in rows} == {
            (table, column) for table, columns in rotation.SEALED.items() for column in columns
        }

    async def test_a_row_that_does_not_open_stops_it_before_keys_are_dropped(self, service: Service) -> None:
        await service.register(1)
        keys = KeyFile(service.data_dir / "keys" / "noseprint.json", PURPOSES)
        async with service.database.connection() as connection:
            await connection.execute("UPDATE owners SET name_sealed = '\\x00'")
        with pytest.raises(CannotOpenError):
            await rotate(service.database, keys, drop_old=True, say=quiet)
        assert len(keys.ring()["fields"].keys) == 2

    async def test_registrations_go_on_meanwhile(self, service: Service) -> None:
        keys = KeyFile(service.data_dir / "keys" / "noseprint.json", PURPOSES)
        _, *answers = await asyncio.gather(
            rotate(service.database, keys, say=quiet),
            *(service.register(dog, phone=f"010-1234-10{dog:02}") for dog in range(6)),
        )
        assert len(answers) == 6
        await rotate(service.database, keys, new=False, drop_old=True, say=quiet)
        async with service.database.connection() as connection:
            for answer in answers:
                owner_id = uuid.UUID(answer.dog.owner_id)
                assert await owners.read(connection, service.context.cipher, owner_id) is not None


async def test_a_register_does_not_open_with_other_keys(service: Service) -> None:
    await service.register(1)
    keys = KeyFile(service.data_dir / "keys" / "noseprint.json", PURPOSES)
    keys.replace(KeyRing.new(PURPOSES))
    with pytest.raises(ValueError, match="keys that are not there"):
        await service.context.see_that_it_can_work()


class TestDecisions:
    async def test_a_disputed_dog_is_accepted(self, service: Service) -> None:
        await service.register(1)
        disputed = await service.register(1, first=500, dispute=True, **KIM)
        dog_id = uuid.UUID(disputed.dog.id)
        (line,) = await decide.undecided(service.database)
        assert line.startswith(str(dog_id))
        assert "pending" in line
        assert await decide.accept(service.database, dog_id)
        assert not await decide.accept(service.database, dog_id)
        assert await decide.undecided(service.database) == []
        assert await service.rows("templates") == 2

    async def test_a_disputed_dog_is_rejected(self, service: Service) -> None:
        first = await service.register(1)
        disputed = await service.register(1, first=500, dispute=True, **KIM)
        pictures = ObjectUploads(service.database, service.context.storage)
        assert not await decide.reject(service.database, pictures, uuid.UUID(first.dog.id))
        assert await decide.reject(service.database, pictures, uuid.UUID(disputed.dog.id))
        assert await service.rows("dogs") == 1
        assert await service.rows("owners") == 1
        assert len(service.pictures()) == 5
        pictures.close()


def models(version: str = drawn.VERSION, *before: str) -> Models:
    scorers = {each: MatchScorer.from_parameters(drawn.PARAMETERS) for each in (version, *before)}
    embedders = {each: drawn.DrawnEmbedder(each) for each in before}
    return Models(PhotoReader(drawn.DrawnNoseReader(version), embedders), scorers, version)


@pytest.fixture
async def workshop(service: Service) -> AsyncIterator[Workshop]:
    """What jobs work with, beside the running service."""
    storage = StorageSettings(data_dir=service.data_dir)
    async with open_workshop(service.context.settings, storage, models()) as opened:
        yield opened


def shelter(folder: Path, dogs: int) -> Path:
    folder.mkdir()
    with (folder / "dogs.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["folder", "dog_name", "dog_breed", "dog_sex", "dog_birth_year", "owner_name", "owner_phone"]
        )
        for dog in range(dogs):
            (folder / f"d{dog}").mkdir()
            for view in range(5):
                (folder / f"d{dog}" / f"{view}.png").write_bytes(drawn.photo(dog, view))
            writer.writerow([f"d{dog}", f"Dog {dog}", "", "male", "2020", "보호소", "02-123-4567"])
    return folder


class TestEnrolment:
    async def test_a_folder(self, service: Service, workshop: Workshop, tmp_path: Path) -> None:
        folder = shelter(tmp_path / "shelter", 4)
        (folder / "d1" / "profile.png").write_bytes(drawn.grey())
        (folder / "d2" / "4.png").unlink()
        (folder / "d3" / "2.png").write_bytes(drawn.grey())
        job = Enrolment(workshop, folder)
        assert await job.queue_all() == 4
        assert await job.queue_all() == 0
        await job.work(2)
        results = {row["folder"]: row for row in read_results(folder)}
        assert {name: row["outcome"] for name, row in results.items()} == {
            "d0": "registered",
            "d1": "registered",
            "d2": "INVALID_FIELD nose",
            "d3": "NO_NOSE_FOUND 2",
        }
        assert stat.S_IMODE((folder / "enrolled.csv").stat().st_mode) == 0o600
        # The shelter is one owner, and its tokens work.
        assert await service.rows("owners") == 1
        assert await service.rows("dogs WHERE state = 'registered'") == 2
        token = (("authorization", f"Bearer {results['d1']['owner_token']}"),)
        (own,) = (await service.stub.ListDogs(pb.ListDogsRequest(), metadata=token)).dogs
        assert own.registration_number == results["d1"]["registration_number"]
        assert own.profile_url
        # Run again, only what has no outcome is done.
        assert await job.queue_all() == 0
        # Nobody's name is in the queue.
        async with service.database.connection() as connection:
            rows = await connection.fetch("SELECT args::text FROM procrastinate_jobs")
        assert all("보호소" not in row["args"] and "4567" not in row["args"] for row in rows)

    async def test_goes_on_where_it_broke_off(
        self, service: Service, workshop: Workshop, tmp_path: Path
    ) -> None:
        folder = shelter(tmp_path / "shelter", 6)
        job = Enrolment(workshop, folder)
        await job.queue_all()
        working = asyncio.ensure_future(job.work(1))
        while len(read_results(folder)) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        assert 2 <= len(read_results(folder)) < 6
        async with service.database.connection() as connection:
            # As if its worker had been silent for a long time.
            await connection.execute(
                "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
            )
        await job.queue_all()
        await job.work(2)
        assert sorted(row["folder"] for row in read_results(folder)) == [f"d{dog}" for dog in range(6)]
        assert await service.rows("dogs") == 6
        assert len(service.pictures()) == 30

    @pytest.mark.parametrize("name", ["", ".", "..", "../other", "/etc"])
    async def test_stays_inside_the_folder(self, workshop: Workshop, tmp_path: Path, name: str) -> None:
        (tmp_path / "other").mkdir()
        job = Enrolment(workshop, shelter(tmp_path / "shelter", 1))
        row = {"folder": name, "dog_name": "x", "owner_name": "x", "owner_phone": "02-123-4567"}
        assert (await job.enrol(row)).outcome == "INVALID_FIELD folder"


class TestReembedding:
    async def test_moves_every_dog_to_the_new_model_and_both_answer_meanwhile(self, service: Service) -> None:
        registered = {
            dog: (await service.register(dog, phone=f"010-1234-000{dog}")).dog.id for dog in range(1, 4)
        }
        disputed = await service.register(1, first=500, dispute=True, **KIM)
        new = drawn.DrawnNoseReader("drawn-2")

        def remake(image: RgbImage, box: Box) -> tuple[object, object]:
            nose = new.read(image)
            return nose.embedding, nose.features

        storage = StorageSettings(data_dir=service.data_dir)
        async with open_workshop(service.context.settings, storage, models("drawn-2")) as workshop:
            job = Reembedding(workshop, remake)  # type: ignore[arg-type]
            async with service.database.connection() as connection:
                first = await connection.fetchval("SELECT dog_id FROM templates ORDER BY dog_id LIMIT 1")
            assert await job.embed_dog(first) == 5
            # Half-way, servers that know both models find all of them.
            async with open_workshop(service.context.settings, storage, models("drawn-2", "drawn-1")) as both:
                assert await both_find(both, registered) == 3
            assert await job.queue_all() == 3
            assert await job.queue_all() == 0
            await job.work(2)
            assert await job.queue_all() == 0
            async with service.database.connection() as connection:
                assert await search.model_versions(connection) == {"drawn-2": 3}
            assert await service.rows("prints WHERE model_version = 'drawn-2'") == 20
            assert await service.rows(f"templates WHERE dog_id = '{disputed.dog.id}'") == 0
            await workshop.context.see_that_it_can_work()
            assert await both_find(workshop, registered) == 3


async def both_find(workshop: Workshop, registered: dict[int, str]) -> int:
    """How many dogs a service with these models finds."""
    identification = Identification(workshop.context, workshop.pictures)
    found = 0
    for dog, dog_id in registered.items():
        lookup = await identification.identify(drawn.photo(dog, 77), time_left=None)
        found += lookup.match is not None and str(lookup.match.dog.id) == dog_id
    return found


async def test_the_cipher_of_a_new_process_reads_what_an_old_one_wrote(service: Service) -> None:
    answer = await service.register(1)
    fresh = RegisterCipher(KeyFile(service.data_dir / "keys" / "noseprint.json", PURPOSES))
    async with service.database.connection() as connection:
        facts = await owners.read(connection, fresh, uuid.UUID(answer.dog.owner_id))
    assert facts is not None
    assert facts.name == "홍길동"
