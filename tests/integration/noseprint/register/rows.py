"""Dogs and their owners as rows of the register."""

import uuid
from datetime import UTC, datetime, timedelta

import numpy as np

from services.noseprint.register import (
    dogs,
    owners,
    prints,
    uploads,
)
from services.noseprint.register.encryption import RegisterCipher
from services.noseprint.register.facts import DogFacts, OwnerFacts, Sex
from services.noseprint.register.records import DogRecord, DogState, NewPrint, Vector
from services.noseprint.register.registration_number import mask
from shared.database.pool import Connection
from shared.geometry import Box

HONG = OwnerFacts("홍길동", "+821012345678", "hong@example.com")
HOUR = timedelta(hours=1)


def unit(seed: int) -> Vector:
    vector = np.random.default_rng(seed).normal(size=256).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


async def new_dog(
    connection: Connection,
    cipher: RegisterCipher,
    *,
    seeds: tuple[int, ...] = (1,),
    state: DogState = DogState.REGISTERED,
    number: str | None = None,
    version: str = "v1",
    owner: OwnerFacts | None = None,
) -> DogRecord:
    owner_id, dog_id = uuid.uuid4(), uuid.uuid4()
    await owners.insert(connection, cipher, owner_id, owner or HONG, confirmed=owner is not None)
    number = number or f"{np.random.default_rng().integers(10**13, 10**14)}-ㄲ-5678"
    dog = DogRecord(
        dog_id,
        owner_id,
        state,
        number,
        mask(number),
        DogFacts("꿍이", "진돗개", Sex.FEMALE, 2021),
        f"public/profiles/{dog_id}.jpg",
        datetime.now(UTC),
        0,
    )
    await dogs.insert(connection, dog)
    rows = [
        NewPrint(
            uuid.uuid4(),
            uploads.nose_key(dog_id, index),
            Box(0.25, 0.25, 0.5, 0.75),
            version,
            unit(seed),
            bytes([index]),
        )
        for index, seed in enumerate(seeds)
    ]
    await prints.insert(connection, dog_id, rows)
    if state is not DogState.PENDING:
        await prints.renew_templates(connection, dog_id)
    return dog
