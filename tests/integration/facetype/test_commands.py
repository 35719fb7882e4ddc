"""Commands of an operator, run beside a service that goes on."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pawtrait.facetype.v1 import facetype_pb2 as pb
from tests.integration.facetype.conftest import Service, bearer
from tests.live import REPOSITORY


async def run(service: Service, database_url: str, tmp_path: Path, *words: str) -> str:
    """What a command wrote."""
    keys = tmp_path / "data" / "keys" / "facetype.json"
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", *words],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "DATABASE_URL": database_url,
            "DATA_DIR": str(tmp_path / "data"),
            "FACETYPE_KEYS_FILE": str(keys),
        },
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    assert service.context.settings.database_url == database_url
    return ended.stdout


@pytest.mark.timeout(200)
async def test_keys_are_rotated(service: Service, database_url: str, tmp_path: Path) -> None:
    created = await service.create(request_id="a key")
    said = await run(service, database_url, tmp_path, "services.facetype.rotate_keys", "--drop-old")
    assert "2 rows were written again" in said
    read = await service.stub.GetProfile(
        pb.GetProfileRequest(profile_id=created.profile.id), metadata=bearer(created.token)
    )
    assert read.profile == created.profile
    assert (await service.create(request_id="a key")).token == created.token


@pytest.mark.timeout(200)
async def test_what_is_over_is_swept(service: Service, database_url: str, tmp_path: Path) -> None:
    await service.create()
    await run(service, database_url, tmp_path, "services.facetype.sweeper")
    assert (await service.rows(), len(service.kept())) == (1, 3)
    async with service.context.database.connection() as connection:
        await connection.execute("UPDATE profiles SET expires_at = now()")
    await run(service, database_url, tmp_path, "services.facetype.sweeper")
    assert (await service.rows(), service.kept()) == (0, set())
