"""Opens the style packs that the settings name."""

from collections.abc import Iterator

from services.icon.composer import IconComposer
from services.icon.older_layers import LayerComposer
from services.icon.packs import Pack
from services.icon.packs.flat import FlatLayerPack
from services.icon.packs.loading import built_in_pack
from services.icon.packs.vector import MANIFEST, VectorPack
from services.icon.settings import IconSettings
from services.icon.sources import FolderSource, LayerSource, StorageSource
from shared.object_storage import ObjectStorage


def open_composers(settings: IconSettings, storage: ObjectStorage) -> tuple[IconComposer, LayerComposer]:
    """The composer of all styles, and the one that answers for older layer names.

    Args:
        settings: which packs there are besides the built-in one.
        storage: where packs named by a prefix lie.

    Raises:
        ValueError: a pack is not one, or two have the same style.
        FileNotFoundError: a folder is missing.
    """
    built_in = built_in_pack()
    older_source = _older_source(settings, storage)
    if older_source is None:
        return IconComposer([built_in, *_further(settings, storage)]), LayerComposer(built_in)
    older = FlatLayerPack(older_source, settings.older_pack_style, built_in.parts().colours)
    return IconComposer([built_in, *_further(settings, storage), older]), LayerComposer(older)


def _older_source(settings: IconSettings, storage: ObjectStorage) -> LayerSource | None:
    if settings.older_pack is not None:
        if not settings.older_pack.is_dir():
            raise FileNotFoundError(f"ICON_OLDER_PACK: no folder {settings.older_pack}")
        return FolderSource(settings.older_pack)
    if settings.older_pack_prefix is not None:
        return StorageSource(storage, settings.older_pack_prefix)
    return None


def _further(settings: IconSettings, storage: ObjectStorage) -> Iterator[Pack]:
    if settings.packs_folder is not None:
        if not settings.packs_folder.is_dir():
            raise FileNotFoundError(f"ICON_PACKS_FOLDER: no folder {settings.packs_folder}")
        for manifest in sorted(settings.packs_folder.glob(f"*/{MANIFEST}")):
            yield VectorPack(FolderSource(manifest.parent))
    if settings.packs_prefix is not None:
        prefix = settings.packs_prefix.rstrip("/") + "/"
        for key in sorted(storage.list(prefix)):
            if key.endswith(f"/{MANIFEST}") and key.removeprefix(prefix).count("/") == 1:
                yield VectorPack(StorageSource(storage, key.removesuffix(MANIFEST)))
