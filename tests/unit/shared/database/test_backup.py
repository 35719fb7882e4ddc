"""Backups, with a real PostgreSQL and a real S3 server."""

import asyncio
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest

from shared.database.backup import BackupError, Backups, schemas_in
from shared.database.backup_store import BackupSettings, BackupStore, BucketStore, FolderStore, open_store
from shared.database.embedded import EmbeddedPostgres
from shared.database.pool import connect
from shared.storage_settings import StorageSettings
from tests.live import REPOSITORY
from tests.small_disk import small_disk
from tests.unit.shared.s3_server import S3Server, s3_server  # noqa: F401

TABLES = """
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;
CREATE SCHEMA noses;
CREATE TABLE noses.dogs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, print halfvec(4));
CREATE INDEX ON noses.dogs USING hnsw (print halfvec_cosine_ops);
CREATE SCHEMA faces;
CREATE TABLE faces.profiles (type text CHECK (type <> ''));
INSERT INTO faces.profiles VALUES ('bearded');
INSERT INTO noses.dogs (name, print) VALUES ('꿍이', '[1,2,3,4]'), ('O''Malley', '[4,3,2,1]');
"""


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BackupStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "kept")
    server: S3Server = request.getfixturevalue("s3_server")
    return BucketStore(server.new_bucket(), "here/backups", server.url, "eu-west-1")


@pytest.fixture
def folder_store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "kept")


@pytest.fixture
def empty_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A second database, from the server's template: the tests' own template is busy making the first."""
    name = f"test_{uuid.uuid4().hex}"
    address = postgres.superuser_url.replace("/pawtrait?", "/postgres?")
    with psycopg.connect(address, autocommit=True) as administrator:
        administrator.execute(f"CREATE DATABASE {name} OWNER pawtrait")
        yield postgres.url.replace("/pawtrait?", f"/{name}?")
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def full_url(database_url: str) -> str:
    connection = await connect(database_url)
    await connection.execute(TABLES)
    await connection.close()
    return database_url


async def dogs(url: str, schema: str = "noses") -> dict[str, list[float]]:
    connection = await connect(url)
    try:
        rows = await connection.fetch(f"SELECT name, print FROM {schema}.dogs ORDER BY id")  # noqa: S608
        return {row["name"]: np.asarray(row["print"].to_list()).tolist() for row in rows}
    finally:
        await connection.close()


async def test_what_was_there_is_there_again(full_url: str, empty_url: str, store: BackupStore) -> None:
    name = await Backups(full_url, store, keep=3).dump()
    assert await Backups(empty_url, store, keep=3).restore() == ["faces", "noses"]
    assert await dogs(empty_url) == {"꿍이": [1, 2, 3, 4], "O'Malley": [4, 3, 2, 1]}
    connection = await connect(empty_url)
    try:
        assert await connection.fetchval("SELECT type FROM faces.profiles") == "bearded"
        assert await connection.fetchval(
            "SELECT count(*) FROM pg_indexes WHERE schemaname = 'noses' AND indexdef LIKE '%hnsw%'"
        )
        await connection.execute("INSERT INTO noses.dogs (name) VALUES ('next')")
        assert await connection.fetchval("SELECT max(id) FROM noses.dogs") == 3, (
            "numbers go on where they were"
        )
    finally:
        await connection.close()
    assert Backups(full_url, store, keep=3).names() == [name]


async def test_the_newest_are_kept(full_url: str, store: BackupStore) -> None:
    backups = Backups(full_url, store, keep=2)
    begun = datetime(2026, 11, 20, 15, tzinfo=UTC)
    names = [await backups.dump(lambda hour=hour: begun + timedelta(hours=hour)) for hour in range(3)]
    assert backups.names() == names[1:] == ["20261120T160000Z", "20261120T170000Z"]
    assert len(store.names()) == 4


async def test_what_is_there_is_not_overwritten(full_url: str, folder_store: FolderStore) -> None:
    backups = Backups(full_url, folder_store, keep=3)
    await backups.dump()
    with pytest.raises(BackupError, match="already has faces, noses"):
        await backups.restore()
    assert len(await dogs(full_url)) == 2


async def test_replacing_puts_what_is_there_aside_and_the_next_backup_leaves_that_out(
    full_url: str, folder_store: FolderStore
) -> None:
    backups = Backups(full_url, folder_store, keep=3)
    await backups.dump()
    connection = await connect(full_url)
    try:
        await connection.execute("DELETE FROM noses.dogs WHERE name = '꿍이'")
        await backups.restore(replace=True)
        assert len(await dogs(full_url)) == 2
        aside = await connection.fetchval("SELECT nspname FROM pg_namespace WHERE nspname ~ '^noses_before_'")
        assert list(await dogs(full_url, aside)) == ["O'Malley"]
        await asyncio.sleep(1.1)  # names are in seconds
        await backups.dump()
        await connection.execute("DROP SCHEMA noses, faces CASCADE")
        assert await backups.restore() == ["faces", "noses"]
    finally:
        await connection.close()


async def test_a_damaged_backup_is_refused_before_anything_changes(
    full_url: str, empty_url: str, tmp_path: Path, folder_store: FolderStore
) -> None:
    name = await Backups(full_url, folder_store, keep=3).dump()
    file = tmp_path / "kept" / f"{name}.dump"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(BackupError, match="damaged"):
        await Backups(empty_url, folder_store, keep=3).restore(name)
    connection = await connect(empty_url)
    assert not await connection.fetchval("SELECT to_regnamespace('noses') IS NOT NULL")
    await connection.close()


async def test_an_unfinished_backup_does_not_count(full_url: str, folder_store: FolderStore) -> None:
    backups = Backups(full_url, folder_store, keep=3)
    name = await backups.dump()
    folder_store.delete(f"{name}.dump.sha256")
    assert backups.names() == []
    with pytest.raises(BackupError, match="there is no backup"):
        await backups.restore()
    with pytest.raises(BackupError, match="no complete backup"):
        await backups.restore(name)


async def test_an_empty_database_has_nothing_to_back_up(empty_url: str, folder_store: FolderStore) -> None:
    with pytest.raises(BackupError, match="no tables"):
        await Backups(empty_url, folder_store, keep=3).dump()


async def test_failures_do_not_show_the_password(full_url: str, folder_store: FolderStore) -> None:
    await Backups(full_url, folder_store, keep=3).dump()
    password = full_url.split(":")[2].split("@")[0]
    assert len(password) > 8
    backups = Backups(full_url, folder_store, keep=3, pg_bin=Path("/nonexistent"))
    with pytest.raises(OSError, match="pg_restore") as failed:
        await backups.restore(replace=True)
    assert password not in str(failed.value)


async def test_backups_are_readable_by_their_owner_only(
    full_url: str, folder_store: FolderStore, tmp_path: Path
) -> None:
    await Backups(full_url, folder_store, keep=3).dump()
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "kept").iterdir()}
    assert modes == {0o600}


async def test_the_command_keeps_lists_and_restores(full_url: str, empty_url: str, tmp_path: Path) -> None:
    def run(url: str, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "shared.database.backup", *words],
            env={**os.environ, "DATABASE_URL": url, "DATA_DIR": str(tmp_path), "S3_BUCKET": "", **settings},
            cwd=Path(__file__).resolve().parents[4],
            capture_output=True,
            text=True,
            timeout=60,
        )

    dumped = await asyncio.to_thread(run, full_url, "dump")
    assert dumped.returncode == 0, dumped.stderr
    name = dumped.stdout.split()[1]
    assert (await asyncio.to_thread(run, full_url, "list")).stdout == f"{name}\n"
    restored = await asyncio.to_thread(run, empty_url, "restore", name)
    assert restored.stdout == "restored faces, noses\n", restored.stderr
    assert len(await dogs(empty_url)) == 2
    again = await asyncio.to_thread(run, empty_url, "restore", name)
    assert again.returncode == 1
    assert "--replace" in again.stderr
    # As the Job in Kubernetes is told.
    unknown = await asyncio.to_thread(run, empty_url, "restore", BACKUP_RESTORE_NAME="20200101T000000Z")
    assert unknown.returncode == 1
    assert "20200101T000000Z" in unknown.stderr
    told = {"BACKUP_RESTORE_NAME": name, "BACKUP_RESTORE_REPLACE": "true"}
    replaced = await asyncio.to_thread(run, empty_url, "restore", **told)
    assert replaced.stdout == "restored faces, noses\n", replaced.stderr


def test_the_bucket_of_pictures_unless_another_is_set(
    tmp_path: Path,
    s3_server: S3Server,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket, other = s3_server.new_bucket(), s3_server.new_bucket()
    file = tmp_path / "file"
    file.write_text("x")
    storage = StorageSettings(
        s3_bucket=bucket, s3_endpoint_url=s3_server.url, s3_region="eu-west-1", s3_prefix="prod/"
    )
    open_store(BackupSettings(), storage).put("a.dump", file)
    monkeypatch.setenv("BACKUP_BUCKET", other)
    open_store(BackupSettings(), storage).put("b.dump", file)

    def keys(name: str) -> list[str]:
        return [item["Key"] for item in s3_server.client.list_objects_v2(Bucket=name).get("Contents", [])]

    assert keys(bucket) == ["prod/backups/a.dump"]
    assert keys(other) == ["prod/backups/b.dump"]
    with pytest.raises(FileNotFoundError):
        open_store(BackupSettings(), storage).get("none.dump", file)
    with pytest.raises(OSError, match="listing backups failed"):
        BucketStore("no-such-bucket", "p", s3_server.url, "eu-west-1").names()


async def test_without_room_nothing_is_kept_that_looks_like_a_backup(full_url: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        store = FolderStore(disk.folder / "backups", reserve=100_000)
        first = await Backups(full_url, store, keep=1).dump()
        kept = sorted((disk.folder / "backups").iterdir())
        for leave in (102_000, 2000, 0):
            disk.fill(leave)
            with pytest.raises(BackupError, match="no room"):
                await Backups(full_url, store, keep=1).dump(lambda: datetime.now(UTC) + timedelta(hours=1))
            assert sorted((disk.folder / "backups").iterdir()) == kept
            assert Backups(full_url, store, keep=1).names() == [first]
        disk.free_again()
        second = await Backups(full_url, store, keep=1).dump(lambda: datetime.now(UTC) + timedelta(hours=1))
        assert Backups(full_url, store, keep=1).names() == [second]


async def test_the_sum_finds_no_room_after_the_dump_did(full_url: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        store = FolderStore(disk.folder / "backups")
        name = await Backups(full_url, store, keep=3).dump()
        size = (disk.folder / "backups" / f"{name}.dump").stat().st_size
        disk.fill(-(-size // 4096) * 4096)
        with pytest.raises(BackupError, match="no room"):
            await Backups(full_url, store, keep=3).dump(lambda: datetime.now(UTC) + timedelta(hours=1))
        assert store.names() == [f"{name}.dump", f"{name}.dump.sha256"]


async def test_the_dump_itself_finds_no_room(
    full_url: str, folder_store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
        disk.fill()
        with pytest.raises(BackupError, match="failed: pg_"):
            await Backups(full_url, folder_store, keep=3).dump()
        assert folder_store.names() == []
        assert [path.name for path in disk.folder.iterdir()] == ["filling"]


async def test_a_dump_without_its_last_page_is_none(
    full_url: str, folder_store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await connect(full_url)
    await connection.execute(
        "INSERT INTO noses.dogs (name) SELECT md5(number::text) FROM generate_series(1, 2000) number"
    )
    await connection.close()
    name = await Backups(full_url, folder_store, keep=3).dump()
    kept = tmp_path / "kept" / f"{name}.dump"
    with small_disk(tmp_path / "disk", 4) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
        disk.fill(kept.stat().st_size // 4096 * 4096)
        with pytest.raises(BackupError, match=r"pg_restore failed: .*end of file"):
            await Backups(full_url, folder_store, keep=3).dump(lambda: datetime.now(UTC) + timedelta(hours=1))
        assert Backups(full_url, folder_store, keep=3).names() == [name]


async def test_the_command_says_in_words_that_there_is_no_room(full_url: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        disk.fill()
        own = {"DATABASE_URL": full_url, "DATA_DIR": str(disk.folder), "S3_BUCKET": "", "DATA_RESERVE": "0"}
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "shared.database.backup", "dump"],
            env={**os.environ, **own},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1
        assert done.stderr == (
            "the backup was not kept: there is no room for it. Those before it are as they were\n"
        )
        assert not list((disk.folder / "backups").glob("*"))


def test_names_of_schemas_in_a_listing() -> None:
    listing = ";\n; Archive created\n7; 2615 16400 SCHEMA - noses pawtrait\n218; 1259 1 TABLE noses dogs x\n"
    assert schemas_in(listing) == ["noses"]
