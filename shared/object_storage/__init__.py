"""Where objects (icons, share cards, pictures of dogs) are kept: one interface, a folder or S3 behind it."""

from shared.object_storage.calls import StorageCalls
from shared.object_storage.folder import FolderStorage
from shared.object_storage.interface import ObjectStorage, StoredObject
from shared.object_storage.keys import PUBLIC_PREFIX, media_type_of
from shared.object_storage.opening import open_storage
from shared.object_storage.s3 import S3Storage

__all__ = [
    "PUBLIC_PREFIX",
    "FolderStorage",
    "ObjectStorage",
    "S3Storage",
    "StorageCalls",
    "StoredObject",
    "media_type_of",
    "open_storage",
]
