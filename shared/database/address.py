"""Where the database is when a setting does not say so."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.database.cluster import Cluster
from shared.database.embedded import EmbeddedPostgres, is_ready
from shared.database.system_user import user_for
from shared.room import Room
from shared.storage_settings import StorageSettings

POSTGRES_FOLDER = "postgres"
"""Folder of the database that comes with the system, in the data folder."""


def database_room(settings: StorageSettings) -> Room:
    """Room for the database that comes with the system, where that is the one in use."""
    folder = settings.data_dir / POSTGRES_FOLDER / "data"

    return Room(
        "database",
        lambda: [folder] if os.path.exists(folder / "postmaster.pid") else [],  # noqa: PTH110 - never raises
        settings.data_reserve,
    )


@contextmanager
def database_address(url: str | None, data_dir: Path) -> Iterator[str]:
    """Address of the database: ``url``, or of the server in the data folder.

    That server is started unless it runs already, as it does beside a running system.

    Raises:
        OSError: it cannot be started.
    """
    folder = data_dir / POSTGRES_FOLDER
    if url:
        yield url
    elif (port := _running_port(folder)) is not None:
        yield Cluster(folder.resolve(), user_for(folder / "data")).url(port)
    else:
        with EmbeddedPostgres(folder) as server:
            yield server.url


def _running_port(folder: Path) -> int | None:
    """Port of the server that runs in a folder, if one does."""
    try:
        port = int((folder / "data" / "postmaster.pid").read_text().splitlines()[3])
    except (OSError, IndexError, ValueError):
        return None
    return port if is_ready(port) else None
