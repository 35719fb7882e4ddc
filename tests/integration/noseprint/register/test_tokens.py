"""Owners' and contact tokens, and codes."""

import uuid
from datetime import timedelta

from services.noseprint.register import (
    tokens,
)
from services.noseprint.register.database import Database
from services.noseprint.register.encryption import RegisterCipher
from tests.integration.noseprint.register.rows import HOUR, new_dog


async def test_an_owner_token_is_for_one_dog_and_not_kept(database: Database, cipher: RegisterCipher) -> None:
    async with database.connection() as connection:
        dog = await new_dog(connection, cipher)
        token = await tokens.give_owner_token(connection, dog.id)
        assert await tokens.dog_of_owner_token(connection, token) == dog.id
        for wrong in (token[:-1], token + "x", "", token.swapcase(), "\x00", "\ud800"):
            assert await tokens.dog_of_owner_token(connection, wrong) is None
        kept = await connection.fetchval("SELECT token_hash FROM owner_tokens")
        assert token.encode() not in kept


async def test_a_contact_token_works_once(database: Database, cipher: RegisterCipher) -> None:
    async with database.connection() as connection:
        dog = await new_dog(connection, cipher)
        token = await tokens.give_contact_token(connection, dog.id, uuid.uuid4(), HOUR)
        assert await tokens.use_contact_token(connection, token) == dog.id
        assert await tokens.use_contact_token(connection, token) is None
        late = await tokens.give_contact_token(connection, dog.id, uuid.uuid4(), timedelta(seconds=-1))
        assert await tokens.use_contact_token(connection, late) is None


async def test_a_code_dies_of_wrong_ones(database: Database, cipher: RegisterCipher) -> None:
    async with database.connection() as connection:
        dog = await new_dog(connection, cipher)
        code = await tokens.give_code(connection, dog.id, dog.owner_id, HOUR)
        for _ in range(tokens.MOST_ATTEMPTS - 1):
            assert await tokens.use_code(connection, dog.id, "0000-0000-0000") is None
        other = await new_dog(connection, cipher)
        assert await tokens.use_code(connection, other.id, code) is None
        assert await tokens.use_code(connection, dog.id, code.lower()) == dog.owner_id
        assert await tokens.use_code(connection, dog.id, code) is None
        code = await tokens.give_code(connection, dog.id, dog.owner_id, HOUR)
        for _ in range(tokens.MOST_ATTEMPTS):
            await tokens.use_code(connection, dog.id, "0000-0000-0000")
        assert await tokens.use_code(connection, dog.id, code) is None
