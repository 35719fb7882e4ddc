"""Prints of noses, and the templates that search goes over."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from pgvector import HalfVector

from services.noseprint.register.records import NewPrint, StoredPrint, Vector
from shared.database.pool import Connection
from shared.geometry import Box


async def insert(connection: Connection, dog_id: uuid.UUID, prints: Sequence[NewPrint]) -> None:
    """Store prints of a dog; :func:`renew_templates` makes search see them."""
    await connection.executemany(
        "INSERT INTO prints (id, dog_id, picture_key, box, model_version, embedding, features)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            (
                each.id,
                dog_id,
                each.picture_key,
                [each.box.x_min, each.box.y_min, each.box.x_max, each.box.y_max],
                each.model_version,
                HalfVector(each.embedding),
                each.features,
            )
            for each in prints
        ],
    )


async def of_dogs(connection: Connection, dog_ids: Collection[uuid.UUID]) -> list[StoredPrint]:
    """The prints of dogs, in the order in which they were stored."""
    rows = await connection.fetch(
        "SELECT id, dog_id, model_version, embedding FROM prints WHERE dog_id = ANY($1::uuid[])"
        " ORDER BY created_at, id",
        list(dog_ids),
    )
    return [
        StoredPrint(row["id"], row["dog_id"], row["model_version"], to_unit(row["embedding"])) for row in rows
    ]


async def features(connection: Connection, print_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    """Local features of prints, by print."""
    rows = await connection.fetch(
        "SELECT id, features FROM prints WHERE id = ANY($1::uuid[])", list(print_ids)
    )
    return {row["id"]: row["features"] for row in rows}


async def picture_keys(connection: Connection, dog_id: uuid.UUID) -> list[str]:
    """Keys of the pictures that a dog's prints were made from."""
    rows = await connection.fetch("SELECT picture_key FROM prints WHERE dog_id = $1", dog_id)
    return [row["picture_key"] for row in rows]


async def renew_templates(connection: Connection, dog_id: uuid.UUID) -> None:
    """Make a dog's templates fit its prints: one for each model that any of them was made with."""
    by_model: dict[str, list[Vector]] = defaultdict(list)
    for each in await of_dogs(connection, [dog_id]):
        by_model[each.model_version].append(each.embedding)
    await connection.execute(
        "DELETE FROM templates WHERE dog_id = $1 AND model_version <> ALL($2::text[])", dog_id, list(by_model)
    )
    await connection.executemany(
        "INSERT INTO templates (dog_id, model_version, embedding) VALUES ($1, $2, $3)"
        " ON CONFLICT (dog_id, model_version) DO UPDATE SET embedding = excluded.embedding",
        [(dog_id, version, HalfVector(fuse(vectors))) for version, vectors in by_model.items()],
    )


@dataclass(frozen=True, slots=True)
class OldPrint:
    """A print that is to be made again with another model."""

    id: uuid.UUID
    picture_key: str
    box: Box


@dataclass(frozen=True, slots=True)
class Renewed:
    """A print made again."""

    id: uuid.UUID
    model_version: str
    embedding: Vector
    features: bytes


async def dogs_of_other_models(
    connection: Connection, model_version: str, after: uuid.UUID, limit: int
) -> list[uuid.UUID]:
    """Dogs with prints of any other model, by id, from ``after`` on."""
    rows = await connection.fetch(
        "SELECT DISTINCT dog_id FROM prints WHERE model_version <> $1 AND dog_id > $2"
        " ORDER BY dog_id LIMIT $3",
        model_version,
        after,
        limit,
    )
    return [row["dog_id"] for row in rows]


async def of_other_models(connection: Connection, dog_id: uuid.UUID, model_version: str) -> list[OldPrint]:
    """A dog's prints of any other model."""
    rows = await connection.fetch(
        "SELECT id, picture_key, box FROM prints WHERE dog_id = $1 AND model_version <> $2",
        dog_id,
        model_version,
    )
    return [OldPrint(row["id"], row["picture_key"], Box(*row["box"])) for row in rows]


async def renew(connection: Connection, dog_id: uuid.UUID, renewed: Sequence[Renewed]) -> None:
    """Replace what models made of a dog's prints; prints that were deleted meanwhile stay deleted.

    Args:
        connection: in a transaction, which keeps others from changing the dog.
    """
    pending = await connection.fetchval("SELECT state = 'pending' FROM dogs WHERE id = $1 FOR UPDATE", dog_id)
    if pending is None:
        return
    await connection.executemany(
        "UPDATE prints SET model_version = $2, embedding = $3, features = $4 WHERE id = $1",
        [(each.id, each.model_version, HalfVector(each.embedding), each.features) for each in renewed],
    )
    if not pending:
        await renew_templates(connection, dog_id)


def fuse(vectors: Sequence[Vector]) -> Vector:
    """One template of several prints: their mean, scaled to unit length."""
    return _normalised(np.mean(np.stack(vectors), axis=0))


def to_unit(stored: HalfVector) -> Vector:
    """A stored embedding at unit length again: half precision changes the length a little."""
    return _normalised(stored.to_numpy().astype(np.float32))


def _normalised(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    # Opposite embeddings could cancel out; such a template is near nothing, as it should be.
    return (vector / length if length > 0 else vector).astype(np.float32)
