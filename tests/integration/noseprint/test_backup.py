"""A register restored into an empty system finds every dog."""

import shutil
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from services.noseprint.settings import NosePrintSettings
from shared.database.backup import Backups
from shared.database.backup_store import FolderStore
from shared.database.embedded import EmbeddedPostgres
from shared.storage_settings import StorageSettings
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import Service, bearer, serving

DOGS = range(1, 11)


async def test_every_dog_is_found_by_its_nose_and_by_its_token(
    service: Service,
    database_url: str,
    postgres: EmbeddedPostgres,
    tmp_path: Path,
) -> None:
    registered = {dog: await service.register(dog, phone=f"010-1234-00{dog:02}") for dog in DOGS}
    backups = FolderStore(tmp_path / "backups")
    await Backups(database_url, backups, keep=1).dump()

    # The other system has the pictures and the keys, as docs/deployment.md says, and an empty database.
    other = tmp_path / "other"
    shutil.copytree(service.data_dir / "objects", other / "objects")
    shutil.copytree(service.data_dir / "keys", other / "keys")
    address = postgres.superuser_url.replace("/pawtrait?", "/postgres?")
    with psycopg.connect(address, autocommit=True) as administrator:
        administrator.execute("CREATE DATABASE noseprint_restored OWNER pawtrait")
        url = postgres.url.replace("/pawtrait?", "/noseprint_restored?")
        try:
            assert await Backups(url, backups, keep=1).restore() == ["noseprint"]
            settings = NosePrintSettings(database_url=url, sweep_every=timedelta(0), ask_every=timedelta(0))
            server = drawn.DrawnServer(settings, StorageSettings(data_dir=other))
            async with serving(server, settings, other) as restored:
                for dog, known in registered.items():
                    found = await restored.stub.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(dog, 30)))
                    assert found.match.dog.id == known.dog.id
                    owner = await restored.stub.GetOwner(
                        pb.GetOwnerRequest(owner_id="me"), metadata=bearer(known.owner_token)
                    )
                    assert owner.owner.name == "홍길동", "the keys open what was restored"
                stranger = await restored.stub.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(99, 0)))
                assert not stranger.HasField("match")
                await restored.register(50, phone="010-9999-0000")
                assert await restored.rows("dogs") == len(DOGS) + 1
                size = await restored.rows("audit")
                with pytest.raises(psycopg.Error), psycopg.connect(url, autocommit=True) as owner_of_tables:
                    owner_of_tables.execute("DELETE FROM noseprint.audit")
                assert await restored.rows("audit") == size, "the audit is still append-only"
        finally:
            administrator.execute("DROP DATABASE noseprint_restored WITH (FORCE)")
