"""Settings of the nose-print service."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.noseprint.register.phone import is_region
from shared.durations import Duration
from shared.settings import ServiceSettings


class NosePrintSettings(ServiceSettings):
    """Environment variables begin with ``NOSEPRINT_``, but for those that several programs share."""

    model_config = SettingsConfigDict(
        env_prefix="NOSEPRINT_", extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    port: int = 50054
    max_message_bytes: Annotated[int, Field(ge=1_000_000)] = 92_000_000
    """Largest message: five nose photos and a profile picture of 15 MB each, and room around them."""
    model_folder: Path = Path(__file__).parent / "model"
    """Folder of the networks."""
    previous_model_folder: Path | None = None
    """The same of the model before: prints made with it are found until they are re-embedded."""

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """``DATABASE_URL``: PostgreSQL with pgvector; unset starts the one that comes with the system."""
    database_connections: Annotated[int, Field(ge=2, le=200)] = 12
    """Most connections to it."""
    keys_file: Path | None = None
    """Keys that owners' data are encrypted with; unset makes ``keys/noseprint.json`` in the data folder."""

    phone_region: str = "KR"
    """ISO 3166 code of the country that phone numbers without a country code are of."""
    time_zone: str = "Asia/Seoul"
    """Zone of the time in registration numbers."""

    shortlist: Annotated[int, Field(ge=1, le=100)] = 10
    """Dogs whose prints are compared point by point, per photo."""
    index_from: Annotated[int, Field(ge=0)] = 20_000
    """Dogs from which on search uses an HNSW index instead of looking at every template; 0: never."""
    index_memory: str = Field(default="512MB", pattern=r"^\d+(kB|MB|GB)$")
    """Memory for building the index, as PostgreSQL writes it."""

    contact_token_lifetime: Duration = timedelta(hours=1)
    """Time in which a finder can send the owner a message."""
    lookup_retention: Duration = timedelta(hours=1)
    """Time for which the evidence of a lookup can be drawn."""
    code_lifetime: Duration = timedelta(days=7)
    """Time in which an owner can confirm that a dog is theirs."""
    ask_every: Duration = timedelta(seconds=10)
    """Time between two looks for owners who are to be asked whether a dog is theirs; 0: none here."""
    idempotency_lifetime: Duration = timedelta(hours=24)
    """Time in which a repeated registration gets the same answer."""
    outbox_retention: Duration = timedelta(days=30)
    """Time for which messages to owners are kept."""
    sweep_every: Duration = timedelta(minutes=10)
    """Time between two clean-ups of what nobody needs any more; 0: none here."""
    upload_lifetime: Duration = timedelta(hours=1)
    """Age from which on an unfinished upload of pictures counts as dead."""

    smtp_url: str | None = Field(default=None, validation_alias="SMTP_URL")
    """``SMTP_URL``: ``smtp://user:password@host:587`` (STARTTLS when offered), ``smtps://…`` (TLS), or
    ``smtp+starttls://…`` (no other way). Unset: messages wait in the outbox."""
    smtp_from: str = Field(default="Pawtrait <noreply@localhost>", validation_alias="SMTP_FROM")
    """``SMTP_FROM``: sender of the messages."""
    deliver_every: Duration = timedelta(seconds=10)
    """Time between two looks into the outbox."""

    @field_validator("phone_region")
    @classmethod
    def _is_a_region(cls, value: str) -> str:
        if not is_region(value.upper()):
            raise ValueError("must be the ISO 3166 code of a country, e.g. KR")
        return value.upper()

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("must be a time zone, e.g. Asia/Seoul") from None
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_an_smtp_url(cls, value: str | None) -> str | None:
        if value and not value.startswith(("smtp://", "smtps://", "smtp+starttls://")):
            raise ValueError("must begin with smtp://, smtps:// or smtp+starttls://")
        return value or None

    @model_validator(mode="after")
    def _uploads_outlive_calls(self) -> Self:
        if self.upload_lifetime < 2 * self.default_deadline:
            raise ValueError("NOSEPRINT_UPLOAD_LIFETIME must be at least twice NOSEPRINT_DEFAULT_DEADLINE")
        return self
