"""The register's connections to PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from shared.database.pool import Connection
from shared.database.service_database import ServiceDatabase

SCHEMA = "noseprint"
MIGRATIONS = Path(__file__).parent / "migrations"

_REGISTER_LOCK = 0x6E6F7365  # "nose": any number will do, as long as it stays
_MAINTENANCE_LOCK = 0x73776570  # "swep"
_LOCK_SECONDS = 20
# A server that hangs while it holds the register's lock would stop all registrations.
_IDLE_SECONDS = 20


class Database(ServiceDatabase):
    """Connections with the register's tables in view.

    Args:
        url: ``postgresql://…``.
        max_size: most connections.
        patience: seconds that a server which is not up yet is waited for when opening.
    """

    def __init__(self, url: str, *, max_size: int = 12, patience: float = 60.0) -> None:
        super().__init__(
            url,
            schema=SCHEMA,
            migrations=MIGRATIONS,
            maintenance_lock=_MAINTENANCE_LOCK,
            max_size=max_size,
            patience=patience,
        )
        # One connection of this process waits for the register's lock; the others stay free for lookups.
        self._registering = asyncio.Lock()

    @asynccontextmanager
    async def registering(self) -> AsyncIterator[Connection]:
        """A transaction that is alone in changing who is registered, whatever other servers do.

        Everything that was committed under the lock before is in view.

        Raises:
            PawtraitError: as :meth:`connection`; of kind ``FULL`` when others keep the lock for too long.
        """
        async with self._registering, self.transaction() as connection:
            await connection.execute(
                f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s';"
                f"SET LOCAL idle_in_transaction_session_timeout = '{_IDLE_SECONDS}s'"
            )
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _REGISTER_LOCK)
            yield connection
