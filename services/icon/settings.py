"""Settings of the icon service."""

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class IconSettings(ServiceSettings):
    """Environment variables begin with ``ICON_``."""

    model_config = SettingsConfigDict(env_prefix="ICON_", extra="ignore")

    port: int = 50053
    packs_folder: Path | None = None
    """Folder of further style packs, one folder each. Unset: none."""
    packs_prefix: str | None = None
    """The same in object storage: a prefix below which each pack has a folder of its own."""
    older_pack: Path | None = None
    """Folder of an older flat pack, which then answers for the older layer names instead of the
    built-in artwork."""
    older_pack_prefix: str | None = None
    """The same in object storage."""
    older_pack_style: str = "flat-v1"
    """Style that requests call the older pack by."""
