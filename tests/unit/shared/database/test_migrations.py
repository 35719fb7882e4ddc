"""Migrations, with a real server."""

import asyncio
from pathlib import Path

import pytest

from shared.database.migrations import MigrationError, apply, read
from shared.database.pool import connect


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name.removeprefix('n')}.sql").write_text(text)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(
        tmp_path,
        n0001_dogs="CREATE TABLE dogs (name text);\nINSERT INTO dogs VALUES ('꿍이; not a statement');",
        n0002_more="ALTER TABLE dogs ADD COLUMN born integer; CREATE FUNCTION one() RETURNS integer"
        " LANGUAGE sql AS $$ SELECT 1; $$;",
    )


async def test_files_are_applied_once_and_in_order(database_url: str, folder: Path) -> None:
    connection = await connect(database_url)
    assert await apply(connection, folder, "noses") == ["0001_dogs.sql", "0002_more.sql"]
    assert await apply(connection, folder, "noses") == []
    write(folder, n0003_last="DROP TABLE dogs")
    assert await apply(connection, folder, "noses") == ["0003_last.sql"]
    assert await connection.fetchval("SELECT noses.one()") == 1
    assert await connection.fetchval("SELECT to_regclass('noses.dogs')") is None
    assert await connection.fetchval("SELECT count(*) FROM noses.applied_migrations") == 3
    await connection.close()


async def test_two_schemas_do_not_meet(database_url: str, folder: Path) -> None:
    connection = await connect(database_url)
    assert len(await apply(connection, folder, "noses")) == 2
    assert len(await apply(connection, folder, "faces")) == 2
    assert await connection.fetchval("SELECT to_regclass('public.dogs')") is None
    await connection.close()


async def test_many_at_once_apply_each_file_once(database_url: str, folder: Path) -> None:
    connections = [await connect(database_url) for _ in range(8)]
    done = await asyncio.gather(*(apply(connection, folder, "noses") for connection in connections))
    assert sorted(map(len, done)) == [0] * 7 + [2]
    assert await connections[0].fetchval("SELECT count(*) FROM noses.dogs") == 1
    for connection in connections:
        await connection.close()


async def test_a_file_that_fails_leaves_nothing_and_says_why(database_url: str, folder: Path) -> None:
    write(folder, n0003_bad="CREATE TABLE half (n integer); SELECT * FROM nowhere")
    connection = await connect(database_url)
    with pytest.raises(MigrationError, match=r'noses: 0003_bad\.sql: relation "nowhere" does not exist'):
        await apply(connection, folder, "noses")
    assert await connection.fetchval("SELECT to_regclass('noses.half')") is None
    assert await connection.fetchval("SELECT count(*) FROM noses.applied_migrations") == 2
    write(folder, n0003_bad="CREATE TABLE half (n integer)")
    assert await apply(connection, folder, "noses") == ["0003_bad.sql"]
    await connection.close()


async def test_an_applied_file_that_was_changed_or_replaced_is_an_error(
    database_url: str, folder: Path
) -> None:
    connection = await connect(database_url)
    await apply(connection, folder, "noses")
    original = (folder / "0001_dogs.sql").read_text()
    write(folder, n0001_dogs=original + " ")
    with pytest.raises(MigrationError, match=r"0001_dogs\.sql was changed"):
        await apply(connection, folder, "noses")
    (folder / "0001_dogs.sql").write_bytes(original.replace("\n", "\r\n").encode())
    assert await apply(connection, folder, "noses") == [], "line ends do not count"
    (folder / "0002_more.sql").rename(folder / "0002_other.sql")
    with pytest.raises(MigrationError, match=r"0002_more\.sql was applied, but 0002_other\.sql"):
        await apply(connection, folder, "noses")
    await connection.close()


async def test_an_older_program_starts_on_a_newer_database(database_url: str, folder: Path) -> None:
    connection = await connect(database_url)
    await apply(connection, folder, "noses")
    (folder / "0002_more.sql").unlink()
    assert await apply(connection, folder, "noses") == []
    await connection.close()


async def test_the_lock_is_given_back(database_url: str, folder: Path) -> None:
    write(folder, n0003_bad="SELECT * FROM nowhere")
    one, two = await connect(database_url), await connect(database_url)
    for _ in range(2):
        with pytest.raises(MigrationError):
            await apply(one, folder, "noses")
    async with asyncio.timeout(10):
        with pytest.raises(MigrationError):
            await apply(two, folder, "noses")
    await one.close()
    await two.close()


@pytest.mark.parametrize("name", ["1_dogs", "0003-dogs", "0003_Dogs"])
def test_a_misnamed_file_is_an_error(folder: Path, name: str) -> None:
    (folder / f"{name}.sql").write_text("SELECT 1")
    with pytest.raises(MigrationError, match="is not named like"):
        read(folder)


def test_two_files_with_one_number_and_an_empty_folder_are_errors(folder: Path, tmp_path: Path) -> None:
    (folder / "0002_again.sql").write_text("SELECT 1")
    with pytest.raises(MigrationError, match="same number"):
        read(folder)
    with pytest.raises(MigrationError, match="no migrations"):
        read(tmp_path / "nowhere")


async def test_a_schema_that_is_no_name_is_an_error(database_url: str, folder: Path) -> None:
    connection = await connect(database_url)
    for schema in ("", "Dogs", "dogs; DROP TABLE x", "1st"):
        with pytest.raises(MigrationError, match="no name for a schema"):
            await apply(connection, folder, schema)
    await connection.close()
