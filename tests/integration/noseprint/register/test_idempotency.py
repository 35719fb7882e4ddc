"""Answers that are kept for a call that is repeated."""

import pytest

from services.noseprint.register.database import Database
from services.noseprint.register.encryption import RegisterCipher
from shared.errors import PawtraitError, Reason
from shared.idempotency import KeptAnswers
from tests.integration.noseprint.register.rows import HOUR, new_dog


async def test_remembers_until_it_is_too_old(database: Database, cipher: RegisterCipher) -> None:
    answers, call = KeptAnswers(cipher, "dog_id"), "a key of the caller"
    async with database.connection() as connection:
        dog = await new_dog(connection, cipher)
        assert await answers.recall(connection, call, b"hash") is None
        await answers.remember(
            connection, call, request_hash=b"hash", made=dog.id, answer="꿍", lifetime=HOUR
        )
        assert await answers.recall(connection, call, b"hash") == "꿍"
        with pytest.raises(PawtraitError) as caught:
            await answers.recall(connection, call, b"other")
        assert caught.value.reason is Reason.INVALID_FIELD
        await connection.execute("UPDATE idempotency SET expires_at = now()")
        assert await answers.recall(connection, call, b"other") is None
        await answers.remember(connection, call, request_hash=b"other", made=dog.id, answer="", lifetime=HOUR)
