"""Which storage the settings ask for."""

from shared.object_storage.folder import FolderStorage
from shared.object_storage.interface import ObjectStorage
from shared.object_storage.s3 import S3Storage
from shared.storage_settings import StorageSettings


def open_storage(settings: StorageSettings) -> ObjectStorage:
    """S3 when a bucket is set, a folder below the data folder otherwise."""
    if settings.s3_bucket is None:
        return FolderStorage(
            settings.data_dir / "objects", settings.public_base_url, reserve=settings.data_reserve
        )
    return S3Storage(
        settings.s3_bucket,
        endpoint_url=settings.s3_endpoint_url,
        region=settings.s3_region,
        public_url=settings.s3_public_url,
        prefix=settings.s3_prefix,
    )
