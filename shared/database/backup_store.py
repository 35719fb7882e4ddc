"""Where backups of the database are kept: a folder, or a prefix in a bucket.

Files are streamed: a large backup never lies in memory. A bucket that fails raises ``OSError``.
"""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.object_storage.s3 import connect
from shared.storage_settings import StorageSettings
from shared.whole_files import UNFINISHED, whole_file


class BackupSettings(BaseSettings):
    """Environment variables begin with ``BACKUP_``, but for the database's address."""

    model_config = SettingsConfigDict(
        env_prefix="BACKUP_", extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """``DATABASE_URL``; unset: the database that comes with the system, in the data folder."""
    bucket: str | None = None
    """Bucket for backups; unset: ``S3_BUCKET``, and without that ``backups/`` in the data folder."""
    prefix: str = Field(
        default="backups", pattern=r"^[A-Za-z0-9_,=-][A-Za-z0-9._,=-]*(/[A-Za-z0-9_,=-][A-Za-z0-9._,=-]*)*$"
    )
    """Put before the name of each backup; the store's ``S3_PREFIX`` comes before it."""
    keep: int = Field(default=14, ge=1)
    """Newest backups that are kept; older ones are removed after the next has succeeded."""
    restore_name: str = Field(default="", pattern=r"^(\d{8}T\d{6}Z)?$")
    """Backup that ``restore`` brings back where the command line names none; empty: the newest."""
    restore_replace: bool = False
    """Whether ``restore`` puts what is there aside, as ``--replace`` does."""
    pg_bin: Path | None = None
    """Folder of ``pg_dump`` and ``pg_restore``; unset: those that come with the system, whose connections
    are not encrypted."""


class BackupStore(Protocol):
    """Files by name."""

    def names(self) -> list[str]:
        """Names of all files, in order."""

    def put(self, name: str, source: Path) -> None:
        """Keep a file; whoever lists them sees all of it or nothing.

        Raises:
            OSError: it cannot be kept.
        """

    def get(self, name: str, target: Path) -> None:
        """Write a kept file to ``target``.

        Raises:
            FileNotFoundError: there is none of that name.
        """

    def delete(self, name: str) -> None:
        """Remove a file."""


class FolderStore:
    """Files in a folder, readable by its owner only.

    Args:
        folder: made when it is missing.
        reserve: bytes that stay free on its disk, where the database may lie as well.
    """

    def __init__(self, folder: Path, reserve: int = 0) -> None:
        self._folder = folder
        self._reserve = reserve

    def names(self) -> list[str]:
        """Names of all files, in order."""
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if not path.name.startswith("."))

    def put(self, name: str, source: Path) -> None:
        """Keep a file; readers see all of it or nothing."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for litter in self._folder.glob(f"{UNFINISHED}*"):  # of a run that was killed
            litter.unlink(missing_ok=True)
        if shutil.disk_usage(self._folder).free - source.stat().st_size < self._reserve:
            raise OSError(errno.ENOSPC, "the disk would be almost full", str(self._folder))
        with source.open("rb") as original, whole_file(self._folder / name) as kept:
            shutil.copyfileobj(original, kept)

    def get(self, name: str, target: Path) -> None:
        """Write a kept file to ``target``."""
        shutil.copyfile(self._folder / name, target)

    def delete(self, name: str) -> None:
        """Remove a file."""
        (self._folder / name).unlink(missing_ok=True)


class BucketStore:
    """Files below a prefix of a bucket."""

    def __init__(self, bucket: str, prefix: str, endpoint_url: str | None, region: str | None) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/"
        # A server may take its time to put the parts of a large file together.
        self._client = connect(endpoint_url, region, for_large_files=True)

    def names(self) -> list[str]:
        """Names of all files, in order."""
        with _failures("listing backups"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            )
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return [key.removeprefix(self._prefix) for key in keys]

    def put(self, name: str, source: Path) -> None:
        """Upload a file, in parts when it is large."""
        with _failures("uploading the backup"):
            self._client.upload_file(str(source), self._bucket, self._prefix + name)

    def get(self, name: str, target: Path) -> None:
        """Download a kept file to ``target``."""
        with _failures("downloading the backup"):
            self._client.download_file(self._bucket, self._prefix + name, str(target))

    def delete(self, name: str) -> None:
        """Remove a file."""
        with _failures("removing a backup"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)


@contextmanager
def _failures(doing: str) -> Iterator[None]:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
        if code in ("404", "NoSuchKey"):
            raise FileNotFoundError(f"{doing} failed: there is none of that name") from None
        raise OSError(f"{doing} failed: {error}") from error


def open_store(settings: BackupSettings, storage: StorageSettings) -> BackupStore:
    """The bucket when one is set, else a folder in the data folder."""
    bucket = settings.bucket or storage.s3_bucket
    if bucket is None:
        return FolderStore(storage.data_dir / settings.prefix, storage.data_reserve)
    prefix = "/".join(part for part in (storage.s3_prefix.strip("/"), settings.prefix) if part)
    return BucketStore(bucket, prefix, storage.s3_endpoint_url, storage.s3_region)
