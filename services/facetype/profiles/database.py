"""The profiles' connections to PostgreSQL."""

from pathlib import Path

from shared.database.service_database import ServiceDatabase

SCHEMA = "facetype"
MIGRATIONS = Path(__file__).parent / "migrations"

_MAINTENANCE_LOCK = 0x66616365  # "face": any number will do, as long as it stays and no other service has it


class Database(ServiceDatabase):
    """Connections with the tables of profiles in view.

    Args:
        url: ``postgresql://…``.
        max_size: most connections.
        patience: seconds that a server which is not up yet is waited for when opening.
    """

    def __init__(self, url: str, *, max_size: int = 8, patience: float = 60.0) -> None:
        super().__init__(
            url,
            schema=SCHEMA,
            migrations=MIGRATIONS,
            maintenance_lock=_MAINTENANCE_LOCK,
            max_size=max_size,
            patience=patience,
        )
