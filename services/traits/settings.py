"""Settings of the traits service."""

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class TraitsSettings(ServiceSettings):
    """Environment variables begin with ``TRAITS_``."""

    model_config = SettingsConfigDict(env_prefix="TRAITS_", extra="ignore")

    port: int = 50051
    model_folder: Path = Path(__file__).parent / "model"
    """Folder of the network and its metadata."""
