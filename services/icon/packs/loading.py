"""Finding and loading packs."""

from functools import cache
from pathlib import Path

from services.icon.packs.vector import VectorPack
from services.icon.sources import FolderSource

BUILT_IN = Path(__file__).resolve().parent / "classic-v1"


@cache
def built_in_pack() -> VectorPack:
    """The pack that ships with the service; read once a process."""
    return VectorPack(FolderSource(BUILT_IN))
