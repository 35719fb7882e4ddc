"""The search for the nearest templates, exact and by index."""

import numpy as np
import pytest

from services.noseprint.register import (
    search,
)
from services.noseprint.register.database import Database
from services.noseprint.register.encryption import RegisterCipher
from services.noseprint.register.records import DogState
from tests.integration.noseprint.register.rows import new_dog, unit


async def test_finds_the_nearest_first(database: Database, cipher: RegisterCipher) -> None:
    async with database.transaction() as connection:
        made = [await new_dog(connection, cipher, seeds=(seed,)) for seed in range(20)]
        found = await search.shortlist(connection, unit(7), "v1", 5)
    assert len(found) == 5
    assert found[0].dog_id == made[7].id
    assert found[0].cosine == pytest.approx(1, abs=2e-3)
    assert [each.cosine for each in found] == sorted((each.cosine for each in found), reverse=True)
    exact = sorted((float(unit(7) @ unit(seed)) for seed in range(20)), reverse=True)[:5]
    assert [each.cosine for each in found] == pytest.approx(exact, abs=2e-3)


async def test_keeps_models_apart_and_leaves_pending_dogs_out(
    database: Database, cipher: RegisterCipher
) -> None:
    async with database.transaction() as connection:
        await new_dog(connection, cipher, seeds=(1,), version="v0")
        await new_dog(connection, cipher, seeds=(1,), state=DogState.PENDING)
        wanted = await new_dog(connection, cipher, seeds=(1,))
        assert [each.dog_id for each in await search.shortlist(connection, unit(1), "v1", 9)] == [wanted.id]
        assert await search.model_versions(connection) == {"v0": 1, "v1": 1}


async def test_a_template_is_the_mean_of_the_prints(database: Database, cipher: RegisterCipher) -> None:
    async with database.transaction() as connection:
        await new_dog(connection, cipher, seeds=(1, 2))
        mean = unit(1) + unit(2)
        (found,) = await search.shortlist(connection, mean / np.linalg.norm(mean), "v1", 1)
        assert found.cosine == pytest.approx(1, abs=2e-3)


async def test_the_index_finds_the_same(database: Database, cipher: RegisterCipher) -> None:
    async with database.transaction() as connection:
        made = [await new_dog(connection, cipher, seeds=(seed,)) for seed in range(120)]
        await new_dog(connection, cipher, seeds=(7,), version="v0")
    async with database.connection() as connection:
        assert not await search.has_index(connection)
        await search.build_index(connection, memory="64MB")
        await search.build_index(connection, memory="64MB")
        assert await search.has_index(connection)
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        for seed in range(0, 120, 20):
            found = await search.shortlist(connection, unit(seed), "v1", 10)
            assert found[0].dog_id == made[seed].id
            assert len(found) == 10
