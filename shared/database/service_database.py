"""A service's connections to its tables, and what their failures mean to a caller."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Self

import asyncpg

from shared import metrics
from shared.database import migrations
from shared.database.pool import Connection, Pool, connect, has_no_room, is_unavailable, open_pool
from shared.errors import ErrorKind, PawtraitError, Reason
from shared.room import storage_full

_ACQUIRE_SECONDS = 5.0

# Beside what the pool knows: the server is short of something, or ended a statement by its own will.
_MOMENTARY = (
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    # It could not read or write a file.
    asyncpg.PostgresSystemError,
)


class ServiceDatabase:
    """Connections with the tables of one schema in view.

    Args:
        url: ``postgresql://…``.
        schema: of the service; also its name where a failure is told.
        migrations: folder of its migrations.
        maintenance_lock: number of the advisory lock of whoever cleans up; another one for each service.
        max_size: most connections.
        patience: seconds that a server which is not up yet is waited for when opening.
    """

    def __init__(
        self,
        url: str,
        *,
        schema: str,
        migrations: Path,
        maintenance_lock: int,
        max_size: int = 12,
        patience: float = 60.0,
    ) -> None:
        self._url = url
        self._schema = schema
        self._migrations = migrations
        self._maintenance_lock = maintenance_lock
        self._max_size = max_size
        self._patience = patience
        self._pool: Pool | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Self]:
        """Open within the block, for commands.

        Raises:
            PawtraitError, shared.database.migrations.MigrationError: as :meth:`open`.
        """
        await self.open()
        try:
            yield self
        finally:
            await self.close()

    async def open(self) -> None:
        """Apply migrations and open the pool; nothing happens when it is open.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``: the server does not answer.
            shared.database.migrations.MigrationError: the tables cannot be made.
        """
        if self._pool is not None:
            return
        with _telling_callers(self._schema):
            connection = await connect(self._url, patience=self._patience)
            try:
                await migrations.apply(connection, self._migrations, self._schema)
            finally:
                await connection.close()
            self._pool = await open_pool(
                self._url, schema=self._schema, min_size=1, max_size=self._max_size, patience=self._patience
            )

    async def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            try:
                await asyncio.wait_for(pool.close(), 5)
            except TimeoutError:
                pool.terminate()

    def terminate(self) -> None:
        """Break off all connections."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection outside a transaction.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE`` with ``service`` = ``database``: the server is away. What
                was being committed then may have been committed or not. ``STORAGE_FULL``: it has no room for
                what was to be stored; reading goes on.
        """
        if self._pool is None:
            raise _unavailable("is not open")
        with _telling_callers(self._schema):
            async with self._pool.acquire(timeout=_ACQUIRE_SECONDS) as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection in a transaction; committed unless the body raises. Raises as :meth:`connection`."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def maintaining(self) -> AsyncIterator[bool]:
        """Whether this process is the one that cleans up now; of several servers only one does."""
        async with self.connection() as connection:
            alone = bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", self._maintenance_lock))
            try:
                yield alone
            finally:
                if alone and not connection.is_closed():
                    await connection.execute("SELECT pg_advisory_unlock($1)", self._maintenance_lock)

    async def is_up(self) -> bool:
        """Whether the server answers."""
        try:
            async with self.connection() as connection:
                await connection.execute("SELECT 1", timeout=_ACQUIRE_SECONDS)
        except PawtraitError:
            return False
        return True


@contextmanager
def _telling_callers(service: str) -> Iterator[None]:
    try:
        yield
    except PawtraitError:
        raise
    except asyncpg.LockNotAvailableError as error:
        raise PawtraitError(
            Reason.SERVICE_UNAVAILABLE,
            "too many changes at once",
            {"service": service},
            kind=ErrorKind.FULL,
        ) from error
    except Exception as error:
        if has_no_room(error):
            raise storage_full("database", "the database has no room") from error
        if isinstance(error, _MOMENTARY) or is_unavailable(error):
            metrics.STORE_FAILURES.labels("database", "away").inc()
            raise _unavailable(f"is away ({type(error).__name__})") from error
        raise


def _unavailable(how: str) -> PawtraitError:
    return PawtraitError(Reason.SERVICE_UNAVAILABLE, f"the database {how}", {"service": "database"})
