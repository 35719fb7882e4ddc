"""Rows are written again under the current key."""

import uuid
from functools import partial

import pytest

from shared.database.service_database import ServiceDatabase
from shared.secrets.field_cipher import FIELDS, CannotOpenError, FieldCipher
from shared.secrets.key_ring import KeyFile
from shared.secrets.rotation import reseal, until_none
from tests.unit.shared.small_schema import cipher, key_file, small_database

__all__ = ["cipher", "key_file", "small_database"]

COLUMNS = ("text_sealed", "note_sealed")


async def write(database: ServiceDatabase, cipher: FieldCipher, count: int) -> list[uuid.UUID]:
    ids = [uuid.uuid4() for _ in range(count)]
    key = cipher.current_key
    async with database.connection() as connection:
        for number, row in enumerate(ids):
            sealed = cipher.seal(f"text {number}", key, table="things", column="text_sealed", row=row)
            await connection.execute(
                "INSERT INTO things (id, key_id, text_sealed) VALUES ($1, $2, $3)", row, key, sealed
            )
    return ids


async def rewrite(database: ServiceDatabase, cipher: FieldCipher) -> int:
    step = partial(reseal, cipher=cipher, table="things", columns=COLUMNS, limit=4)
    return await until_none(database.transaction, step)


async def test_every_row_reads_as_before_and_needs_the_old_key_no_more(
    small_database: ServiceDatabase, cipher: FieldCipher, key_file: KeyFile
) -> None:
    ids = await write(small_database, cipher, 10)
    key_file.replace(key_file.ring().with_new(FIELDS))
    assert await rewrite(small_database, cipher) == 10
    assert await rewrite(small_database, cipher) == 0
    key_file.replace(key_file.ring().without_old(FIELDS))
    async with small_database.connection() as connection:
        rows = {row["id"]: row for row in await connection.fetch("SELECT * FROM things")}
    for number, row_id in enumerate(ids):
        row = rows[row_id]
        assert row["note_sealed"] is None
        text = cipher.open(
            row["text_sealed"], row["key_id"], table="things", column="text_sealed", row=row_id
        )
        assert text == f"text {number}"


async def test_a_row_that_was_tampered_with_stops_it(
    small_database: ServiceDatabase, cipher: FieldCipher, key_file: KeyFile
) -> None:
    await write(small_database, cipher, 2)
    async with small_database.connection() as connection:
        await connection.execute("UPDATE things SET text_sealed = text_sealed || 'x'::bytea")
    key_file.replace(key_file.ring().with_new(FIELDS))
    with pytest.raises(CannotOpenError):
        await rewrite(small_database, cipher)
