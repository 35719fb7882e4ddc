"""Shortlists by pgvector: the dogs whose templates lie nearest to an embedding.

A small register is searched exactly. A large one has an index (HNSW, Malkov and Yashunin 2018) over the
first components of the templates only, which tell dogs apart best: a graph of fewer dimensions is smaller,
quicker, and easier to find one's way in. What it finds is put in order by the whole templates.
"""

import uuid
from dataclasses import dataclass

from pgvector import HalfVector

from services.noseprint.register.records import Vector
from shared.database.pool import Connection

INDEX = "templates_leading_hnsw"
LEADING = 48
"""Components that the index is over; embedders give the most telling ones first."""
_NEIGHBOURS, _BUILD_BREADTH = 24, 100
_REORDERED = 50
"""Templates that the index gives and the whole embedding puts in order, at least."""

_EXACT = """
SELECT dog_id, 1 - (embedding <=> $1) AS cosine FROM templates WHERE model_version = $2
 ORDER BY embedding <=> $1 LIMIT $3"""
_INDEXED = f"""
SELECT dog_id, 1 - (embedding <=> $1) AS cosine FROM (
    SELECT dog_id, embedding FROM templates WHERE model_version = $2
     ORDER BY subvector(embedding, 1, {LEADING})::halfvec({LEADING})
          <=> subvector($1::halfvec, 1, {LEADING})::halfvec({LEADING})
     LIMIT greatest($3, {_REORDERED})
) AS near ORDER BY embedding <=> $1 LIMIT $3"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Candidate:
    """A dog near an embedding."""

    dog_id: uuid.UUID
    cosine: float
    """Between the embedding and the dog's template, -1…1."""


async def shortlist(
    connection: Connection, embedding: Vector, model_version: str, limit: int, *, breadth: int = 100
) -> list[Candidate]:
    """The dogs nearest to an embedding, nearest first.

    Exact without the index; with it, about ``breadth`` templates are looked at, and more where those of
    another model are in the way.

    Args:
        connection: in a transaction, for the settings are the transaction's.
        breadth: ``hnsw.ef_search``, 1…1000.
    """
    indexed = await has_index(connection)
    if indexed:
        looked_at = max(breadth, limit, _REORDERED)
        await connection.execute(
            f"SET LOCAL hnsw.ef_search = {looked_at:d}; SET LOCAL hnsw.iterative_scan = strict_order"
        )
    statement = _INDEXED if indexed else _EXACT
    rows = await connection.fetch(statement, HalfVector(embedding), model_version, limit)
    return [Candidate(row["dog_id"], float(row["cosine"])) for row in rows]


async def model_versions(connection: Connection) -> dict[str, int]:
    """How many templates each model has."""
    rows = await connection.fetch("SELECT model_version, count(*) FROM templates GROUP BY model_version")
    return {row["model_version"]: row["count"] for row in rows}


async def has_index(connection: Connection) -> bool:
    """Whether the index is there and whole."""
    return bool(
        await connection.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", INDEX)
    )


async def build_index(connection: Connection, *, memory: str = "512MB") -> None:
    """Build the index while the register goes on working; nothing happens when it is there.

    Args:
        connection: outside a transaction.
        memory: ``maintenance_work_mem``: a graph that does not fit is built many times slower.
    """
    if await has_index(connection):
        return
    # A build that was broken off leaves an index that cannot be used.
    await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}", timeout=3600)
    await connection.execute("SELECT set_config('maintenance_work_mem', $1, false)", memory)
    try:
        await connection.execute(
            f"CREATE INDEX CONCURRENTLY {INDEX} ON templates"
            f" USING hnsw ((subvector(embedding, 1, {LEADING})::halfvec({LEADING})) halfvec_cosine_ops)"
            f" WITH (m = {_NEIGHBOURS}, ef_construction = {_BUILD_BREADTH})",
            timeout=24 * 3600,
        )
    finally:
        await connection.execute("RESET maintenance_work_mem")
