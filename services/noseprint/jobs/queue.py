"""The queue: procrastinate's tables in the register's schema, its connection, and working through it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from procrastinate import App, PsycopgConnector

from services.noseprint.register.database import SCHEMA, Database

_SET_UP_LOCK = 0x71756575  # "queu"
_LOOK_SECONDS = 1.0
_STALLED_SECONDS = 30.0


@asynccontextmanager
async def open_queue(url: str, database: Database) -> AsyncIterator[App]:
    """The queue, its tables made when they are missing.

    Args:
        url: of the database.
        database: the register in it, opened.
    """
    connector = PsycopgConnector(
        conninfo=url, min_size=1, max_size=6, kwargs={"options": f"-c search_path={SCHEMA},public"}
    )
    app = App(connector=connector)
    async with database.transaction() as connection:
        # The library's script fails where its tables exist already.
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _SET_UP_LOCK)
        if not await connection.fetchval("SELECT to_regclass('procrastinate_jobs') IS NOT NULL"):
            await connection.execute(app.schema_manager.get_schema())
    async with app.open_async():
        yield app


async def work_through(
    app: App, database: Database, queue: str, *, concurrency: int, progress: Callable[[int], None]
) -> None:
    """Work on a queue until nothing is left in it, together with whoever else does.

    Jobs of workers that died are taken up again once those have been silent for half a minute.

    Args:
        progress: is told how many jobs are left, now and then.
    """
    worker = asyncio.ensure_future(
        app.run_worker_async(
            queues=[queue], concurrency=concurrency, wait=True, install_signal_handlers=False
        )
    )
    try:
        while (left := await unfinished(database, queue)) > 0:
            progress(left)
            for job in await app.job_manager.get_stalled_jobs(
                queue=queue, seconds_since_heartbeat=_STALLED_SECONDS
            ):
                await app.job_manager.retry_job(job)
            await asyncio.wait({worker}, timeout=_LOOK_SECONDS)
            if worker.done():
                worker.result()
        progress(0)
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def unfinished(database: Database, queue: str) -> int:
    """Jobs of a queue that wait or are being worked on."""
    async with database.connection() as connection:
        return int(
            await connection.fetchval(
                "SELECT count(*) FROM procrastinate_jobs"
                " WHERE queue_name = $1 AND status IN ('todo', 'doing')",
                queue,
            )
        )
