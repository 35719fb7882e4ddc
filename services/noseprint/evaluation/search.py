"""How fast and how sure the index is: ``python -m services.noseprint.evaluation.search --synthetic FOLDER``.

Fills a PostgreSQL of its own with fused templates, drawn from the embedder's measured distribution (mean
and covariance of real embeddings' templates, not uniform vectors), and searches it with the statements of
the register: the same table but for its foreign key, the same index. The server has room for the index in
memory (``--buffers``), as one for a million dogs must. Queries are drawn dogs' templates
displaced as measured prints are from their dog's template. Recall is against exact search.
"""

import argparse
import asyncio
import json
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.asyncpg import register_vector
from tqdm import tqdm

from services.noseprint.embedding import Embedder
from services.noseprint.evaluation.open_set import Register, TemplateSource, register_of, unit
from services.noseprint.evaluation.prints import Prints
from services.noseprint.register import search
from services.noseprint.synthesis.sets import read_set
from shared.database.embedded import EmbeddedPostgres

MODEL_FOLDER = Path(__file__).parents[1] / "model"
_CHUNK = 10_000
_WARM = 300
"""Searches before those that are timed."""
_VERSION = "bench"
_TABLE = """
CREATE TABLE templates (dog_id uuid NOT NULL, model_version text NOT NULL, embedding halfvec(256) NOT NULL,
                        PRIMARY KEY (dog_id, model_version))"""


def measured(model: Path, folder: Path) -> tuple[Prints, Register]:
    """Embeddings of a synthetic set and the templates made of them; no local features."""
    noses = read_set(folder)
    embedder, flat = Embedder(model), noses.reshape(-1, *noses.shape[2:])
    parts = [
        embedder.embed(np.array(flat[start : start + 32]))
        for start in tqdm(range(0, len(flat), 32), desc="embed", mininterval=5)
    ]
    prints = Prints(np.concatenate(parts), [], np.repeat(np.arange(len(noses)), noses.shape[1]))
    return prints, register_of(prints)


async def fill(
    connection: asyncpg.Connection, source: TemplateSource, count: int, progress: str
) -> NDArray[np.float16]:
    """Insert ``count`` drawn templates; returns them, (count, 256), as they are stored."""
    kept = np.empty((count, 256), np.float16)
    for start in tqdm(range(0, count, _CHUNK), desc=progress, mininterval=5):
        drawn = source.draw(min(_CHUNK, count - start)).astype(np.float16)
        kept[start : start + len(drawn)] = drawn
        rows = [
            (uuid.UUID(int=start + number), _VERSION, HalfVector(vector))
            for number, vector in enumerate(drawn)
        ]
        await connection.copy_records_to_table("templates", records=rows)
    return kept


def nearest(templates: NDArray[np.float16], queries: NDArray[np.float32]) -> NDArray[np.int64]:
    """Row of the exactly nearest template by cosine of every query."""
    best, found = np.full(len(queries), -2.0, np.float32), np.zeros(len(queries), np.int64)
    for start in range(0, len(templates), 50_000):
        cosines = queries @ unit(templates[start : start + 50_000].astype(np.float32)).T
        highest = cosines.argmax(1)
        values = cosines[np.arange(len(queries)), highest]
        better = values > best
        best[better], found[better] = values[better], highest[better] + start
    return found


async def measure(
    connection: asyncpg.Connection, queries: NDArray[np.float32], truth: NDArray[np.int64]
) -> dict[str, float]:
    """Recall at 1 against exact search, and milliseconds a query."""
    right, times = [], []
    for query, row in zip(queries, truth, strict=True):
        began = time.perf_counter()
        async with connection.transaction():
            found = await search.shortlist(connection, query, _VERSION, 10)
        times.append(time.perf_counter() - began)
        right.append(bool(found) and found[0].dog_id == uuid.UUID(int=int(row)))
    return {
        "recall_at_1": float(np.mean(right)),
        "median_ms": 1000 * float(np.median(times)),
        "p95_ms": 1000 * float(np.quantile(times, 0.95)),
    }


async def bench(
    address: str, prints: Prints, register: Register, sizes: Sequence[int], queries: int
) -> list[dict[str, float]]:
    """A row of figures per size of the register."""
    rng = np.random.default_rng(1)
    residuals = prints.embeddings[register.probes] - register.templates[register.owners]
    connection = await asyncpg.connect(address, command_timeout=24 * 3600)
    rows = []
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        await register_vector(connection)
        for size in sizes:
            await connection.execute(f"DROP TABLE IF EXISTS templates; {_TABLE}")
            templates = await fill(connection, TemplateSource(register.templates, 1), size, f"{size} dogs")
            chosen = rng.integers(0, size, queries + _WARM)
            moved = unit(
                templates[chosen].astype(np.float32) + residuals[rng.integers(0, len(residuals), len(chosen))]
            )
            truth = nearest(templates, moved)
            await connection.execute("ANALYZE templates")
            row: dict[str, float] = {"dogs": size, "own_dog_is_nearest": float((truth == chosen).mean())}
            exact = await measure(connection, moved[: min(queries, 20)], truth[: min(queries, 20)])
            row["exact_median_ms"] = exact["median_ms"]
            began = time.perf_counter()
            await search.build_index(connection, memory="2GB")
            row["index_build_s"] = time.perf_counter() - began
            row["table_mb"] = await connection.fetchval("SELECT pg_table_size('templates') / 1e6::float8")
            row["index_mb"] = await connection.fetchval(
                f"SELECT pg_relation_size('{search.INDEX}') / 1e6::float8"
            )
            # A server that has run for a while has the index in memory: other dogs were searched before.
            await measure(connection, moved[queries:], truth[queries:])
            row |= await measure(connection, moved[:queries], truth[:queries])
            rows.append(row)
            print(json.dumps(row))
    finally:
        await connection.close()
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--synthetic", type=Path, required=True, help="a set that was not trained on")
    options.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--queries", type=int, default=500)
    options.add_argument("--model", type=Path, default=MODEL_FOLDER)
    options.add_argument(
        "--buffers", default="1GB", help="shared_buffers of the server, as PostgreSQL writes it"
    )
    options.add_argument("--out", type=Path, help="JSON to write")
    chosen = options.parse_args(arguments)
    prints, register = measured(chosen.model, chosen.synthetic)
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder), chosen.buffers) as postgres,
    ):
        rows = asyncio.run(bench(postgres.superuser_url, prints, register, chosen.sizes, chosen.queries))
    if chosen.out is not None:
        chosen.out.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
