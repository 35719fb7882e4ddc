"""Owners: what goes in comes out, and to nobody else."""

import uuid

import asyncpg
import pytest

from services.noseprint.register import (
    dogs,
    owners,
)
from services.noseprint.register.database import Database
from services.noseprint.register.encryption import RegisterCipher
from services.noseprint.register.facts import OwnerFacts
from shared.secrets.field_cipher import CannotOpenError
from shared.secrets.key_ring import KeyFile
from tests.integration.noseprint.register.rows import HONG, new_dog


async def test_come_out_as_they_went_in(database: Database, cipher: RegisterCipher) -> None:
    owner_id = uuid.uuid4()
    async with database.transaction() as connection:
        await owners.insert(connection, cipher, owner_id, HONG, confirmed=True)
        assert await owners.read(connection, cipher, owner_id) == HONG
        assert await owners.find_confirmed(connection, cipher, HONG.phone) == owner_id
        assert await owners.find_confirmed(connection, cipher, "+821012345679") is None
        assert await owners.read(connection, cipher, uuid.uuid4()) is None


async def test_a_phone_number_has_one_confirmed_owner(database: Database, cipher: RegisterCipher) -> None:
    async with database.connection() as connection:
        await owners.insert(connection, cipher, uuid.uuid4(), HONG, confirmed=True)
        await owners.insert(connection, cipher, uuid.uuid4(), HONG, confirmed=False)
        with pytest.raises(asyncpg.UniqueViolationError):
            await owners.insert(connection, cipher, uuid.uuid4(), HONG, confirmed=True)


async def test_a_row_put_in_another_ones_place_does_not_open(
    database: Database, cipher: RegisterCipher
) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    async with database.connection() as connection:
        await owners.insert(connection, cipher, first, HONG, confirmed=True)
        await owners.insert(connection, cipher, second, OwnerFacts("Kim", "+821000000000"), confirmed=False)
        await connection.execute(
            "UPDATE owners SET name_sealed = (SELECT name_sealed FROM owners WHERE id = $1) WHERE id = $2",
            first,
            second,
        )
        with pytest.raises(CannotOpenError):
            await owners.read(connection, cipher, second)


async def test_are_found_by_phone_after_the_keys_were_changed(
    database: Database, cipher: RegisterCipher, key_file: KeyFile
) -> None:
    owner_id = uuid.uuid4()
    async with database.connection() as connection:
        await owners.insert(connection, cipher, owner_id, HONG, confirmed=True)
        key_file.replace(key_file.ring().with_new("phone").with_new("fields"))
        assert await owners.find_confirmed(connection, cipher, HONG.phone) == owner_id
        assert await owners.read(connection, cipher, owner_id) == HONG


async def test_go_with_their_last_dog(database: Database, cipher: RegisterCipher) -> None:
    async with database.connection() as connection:
        dog = await new_dog(connection, cipher)
        assert not await owners.delete_if_without_dogs(connection, dog.owner_id)
        await dogs.delete(connection, dog.id)
        assert await owners.delete_if_without_dogs(connection, dog.owner_id)
