"""Connections to PostgreSQL."""

import asyncio
import errno
import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import asyncpg
import pgvector.asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    # Generic in their type stubs only.
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool

COMMAND_SECONDS = 30.0
"""Time that one statement may take."""

_PAUSE = 0.25
_NO_ROOM = tuple(os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT, errno.EROFS))

Opened = TypeVar("Opened")


async def open_pool(url: str, *, schema: str, min_size: int, max_size: int, patience: float = 60.0) -> Pool:
    """Open a pool whose connections see ``schema``, then ``public``.

    ``jsonb`` is read and written as plain Python, ``vector`` and ``halfvec`` as NumPy arrays and
    pgvector's own types, where the extension is there: run the migrations that make it first.

    Connections that break are replaced when next needed, so that a pool outlives its server; while the
    server is away, taking a connection raises what :func:`is_unavailable` knows.

    Args:
        url: ``postgresql://…``.
        schema: first in the search path; it need not exist yet.
        min_size: connections that are kept open.
        max_size: most connections.
        patience: seconds that a server which is starting, or not up yet, is waited for.

    Raises:
        OSError, asyncpg.PostgresError: it cannot be reached in that time, or refuses.

    """

    async def make() -> Pool:
        return await asyncpg.create_pool(
            url,
            min_size=min_size,
            max_size=max_size,
            init=_prepare,
            command_timeout=COMMAND_SECONDS,
            server_settings=_server_settings(schema),
        )

    return await _patiently(make, patience)


async def connect(url: str, *, schema: str = "public", patience: float = 60.0) -> Connection:
    """One connection, with the search path and the ``jsonb`` of :func:`open_pool`; e.g. for migrations."""

    async def make() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(url, server_settings=_server_settings(schema))

    connection = await _patiently(make, patience)
    await _prepare(connection)
    return connection


def is_unavailable(error: BaseException) -> bool:
    """Whether an error says that the server is away, starting, ending or full, not that a call was wrong.

    A statement that fails like this may still have been committed.
    """
    if isinstance(error, asyncpg.InterfaceError):
        # How asyncpg says that a connection ended under its user; other misuse reads differently.
        return "closed" in str(error)
    if isinstance(error, asyncpg.InternalClientError):
        # A connection that lay idle when the server said goodbye, on its next use.
        return "cannot switch to state" in str(error)
    return isinstance(
        error,
        OSError
        | TimeoutError
        | asyncpg.PostgresConnectionError
        | asyncpg.CannotConnectNowError
        | asyncpg.TooManyConnectionsError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError,
    )


def has_no_room(error: BaseException) -> bool:
    """Whether an error says that the server's disk takes nothing more; its transaction stores nothing."""
    if isinstance(error, asyncpg.DiskFullError):
        return True
    # A quota, or a disk that was turned read-only, has no code of its own.
    return isinstance(error, asyncpg.PostgresError) and any(text in str(error) for text in _NO_ROOM)


async def _patiently(make: Callable[[], Awaitable[Opened]], patience: float) -> Opened:
    deadline = time.monotonic() + patience
    while True:
        try:
            return await make()
        except Exception as error:
            if not is_unavailable(error) or time.monotonic() >= deadline:
                raise
        await asyncio.sleep(_PAUSE)


def _server_settings(schema: str) -> dict[str, str]:
    quoted = schema.replace('"', '""')
    return {"search_path": f'"{quoted}", public', "application_name": f"pawtrait-{schema}"}


async def _prepare(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_to_json, decoder=json.loads)
    # Some hosts keep extensions in a schema of their own.
    schema = await connection.fetchval(
        "SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace"
        " WHERE extname = 'vector'"
    )
    if schema is not None:
        await pgvector.asyncpg.register_vector(connection, schema=schema)


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
