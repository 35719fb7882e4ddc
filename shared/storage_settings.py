"""Where pictures and icons are kept: a folder, or a bucket of S3 or anything that speaks it."""

from pathlib import Path

from pydantic import ByteSize, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class StorageSettings(BaseSettings):
    """Read from the environment; the names carry no prefix because every service shares them."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    data_dir: Path = Path(".data")
    """``DATA_DIR``: folder of everything that is kept; objects lie in ``objects/`` below it."""
    data_reserve: ByteSize = ByteSize(256_000_000)
    """``DATA_RESERVE``, e.g. ``1GB``: room that stays free on the disks of the data folder. When less is left
    photos, cards, icons and backups are refused, so that all else can go on. ``0``: no reserve."""
    public_base_url: str = ""
    """``PUBLIC_BASE_URL``: how clients reach the gateway, e.g. ``https://pawtrait.example``. Empty: addresses
    of objects are paths that begin with ``/files/``."""
    s3_bucket: str | None = None
    """``S3_BUCKET``: the bucket; unset keeps objects in the data folder."""
    s3_endpoint_url: str | None = None
    """``S3_ENDPOINT_URL``: an S3-compatible server other than Amazon's."""
    s3_region: str | None = None
    """``S3_REGION``; unset leaves it to the AWS settings of the surroundings."""
    s3_public_url: str | None = None
    """``S3_PUBLIC_URL``: how clients reach the root of the bucket, e.g. a CDN; unset: the endpoint itself."""
    s3_prefix: str = Field(default="", pattern=r"^([A-Za-z0-9_,=-][A-Za-z0-9._,=-]*/?)*$")
    """``S3_PREFIX``: put before every key, so that several installations can share a bucket."""

    @field_validator("public_base_url", "s3_endpoint_url", "s3_public_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if not value:
            return value
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")
