"""Settings of the face type service."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from shared.durations import Duration
from shared.settings import ServiceSettings


class FaceTypeSettings(ServiceSettings):
    """Environment variables begin with ``FACETYPE_``, but for those that several programs share."""

    model_config = SettingsConfigDict(
        env_prefix="FACETYPE_", extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    port: int = 50055
    catalogue: Path = Path(__file__).parent / "catalogues" / "dogs"
    """Folder of the catalogue: which types there are, the networks that tell them, the gallery."""

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """``DATABASE_URL``: PostgreSQL; unset starts the one that comes with the system."""
    database_connections: Annotated[int, Field(ge=2, le=200)] = 8
    """Most connections to it."""
    keys_file: Path | None = None
    """Keys that personal data are encrypted with; unset makes ``keys/facetype.json`` in the data folder."""

    retention: Duration = timedelta(days=90)
    """Time for which profiles are kept, with their photos and cards."""
    time_zone: str = "Asia/Seoul"
    """Zone whose day is the last that a date of birth can be."""
    idempotency_lifetime: Duration = timedelta(hours=24)
    """Time in which a repeated call gets the same answer."""
    sweep_every: Duration = timedelta(minutes=10)
    """Time between two clean-ups; 0: none here."""
    upload_lifetime: Duration = timedelta(hours=1)
    """Age from which on an unfinished upload counts as dead."""

    @field_validator("retention")
    @classmethod
    def _is_a_time(cls, value: timedelta) -> timedelta:
        if value <= timedelta(0):
            raise ValueError("must be longer than nothing")
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("must be a time zone, e.g. Asia/Seoul") from None
        return value

    @model_validator(mode="after")
    def _uploads_outlive_calls(self) -> Self:
        if self.upload_lifetime < 2 * self.default_deadline:
            raise ValueError("FACETYPE_UPLOAD_LIFETIME must be at least twice FACETYPE_DEFAULT_DEADLINE")
        return self
