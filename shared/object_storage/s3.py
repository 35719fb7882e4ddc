"""Objects in a bucket of S3, or of anything that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.object_storage.interface import StoredObject, storage_failed
from shared.object_storage.keys import (
    PUBLIC_PREFIX,
    check_key,
    check_media_type,
    check_prefix,
    check_public,
    is_content_addressed,
    is_key,
    media_type_of,
)
from shared.room import storage_full

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3.client import S3Client

# Somebody waits for the answer: a server that hangs is given up early, and asked again over a new connection.
_CONNECT_SECONDS = 2.0
_READ_SECONDS = 3.0
_ATTEMPTS = 3
# Nobody waits for what is large.
_LARGE_READ_SECONDS = 60.0
_LARGE_ATTEMPTS = 5
_CONNECTIONS = 32
_PAGE = 1000
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_FULL = frozenset({"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"})
_FULL_STATUS = 507

_FOR_GOOD = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"
_NEVER = "private, no-store"


class S3Storage:
    """An :class:`~shared.object_storage.interface.ObjectStorage` in a bucket that exists.

    For clients to follow :meth:`url`, the bucket (or the CDN before it) lets anybody read what lies below
    ``<prefix>/public/``, and nothing else. Credentials come from the surroundings, as boto3 finds them.

    Args:
        bucket: its name.
        endpoint_url: a server other than Amazon's.
        region: the bucket's region; None leaves it to the surroundings.
        public_url: how clients reach the root of the bucket; None takes the endpoint itself.
        prefix: put before every key.
    """

    def __init__(
        self,
        bucket: str,
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        public_url: str | None = None,
        prefix: str = "",
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = connect(endpoint_url, region)
        self._public_url = (public_url or self._bucket_url(endpoint_url)).rstrip("/")

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Upload with media type and caching; objects below ``public/`` may be cached by anybody."""
        check_media_type(check_key(key), media_type)
        if is_content_addressed(key) and self._size(key) == len(data):
            return
        with _failures("writing"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._prefix + key,
                Body=data,
                ContentType=media_type,
                CacheControl=_cache_control(key),
            )

    def get(self, key: str) -> StoredObject | None:
        """The object, None when there is none."""
        check_key(key)
        with _failures("reading"):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
            except self._client.exceptions.NoSuchKey:
                return None
            return StoredObject(answer["Body"].read(), media_type_of(key))

    def read_public(self, path: str) -> StoredObject | None:
        """The public object behind an address; None for anything else."""
        key = PUBLIC_PREFIX + path
        return self.get(key) if is_key(key) else None

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens when there is none."""
        check_key(key)
        with _failures("deleting"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        return self._size(check_key(key)) is not None

    def list(self, prefix: str) -> Iterator[str]:
        """Keys that begin with ``prefix``, in the order of their characters; a page at a time."""
        return self._keys(check_prefix(prefix))

    def url(self, key: str) -> str:
        """``<public_url>/<prefix>/<key>``."""
        check_public(key)
        return f"{self._public_url}/{quote(self._prefix + key)}"

    def _keys(self, prefix: str) -> Iterator[str]:
        with _failures("listing"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix, PaginationConfig={"PageSize": _PAGE}
            )
            for page in pages:
                for item in page.get("Contents", []):
                    key = item["Key"].removeprefix(self._prefix)
                    if is_key(key):
                        yield key

    def _size(self, key: str) -> int | None:
        """Bytes of the object, None when there is none."""
        from botocore.exceptions import ClientError

        with _failures("reading"):
            try:
                return self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)["ContentLength"]
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in _MISSING:
                    return None
                raise

    def _bucket_url(self, endpoint_url: str | None) -> str:
        if endpoint_url:
            return f"{endpoint_url.rstrip('/')}/{self._bucket}"
        return f"https://{self._bucket}.s3.{self._client.meta.region_name}.amazonaws.com"


def connect(endpoint_url: str | None, region: str | None, *, for_large_files: bool = False) -> S3Client:
    """A client that gives up in time. Credentials come from the surroundings, as boto3 finds them.

    Args:
        endpoint_url: a server other than Amazon's.
        region: of the bucket; None leaves it to the surroundings.
        for_large_files: whether nobody waits for an answer, so that there is time.

    Raises:
        PawtraitError: ``SERVICE_UNAVAILABLE``: the surroundings' settings cannot be read.
    """
    # Imported here: it takes 40 MB and half a second, which nobody who keeps objects in a folder has to pay.
    from boto3.session import Session
    from botocore.config import Config

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_LARGE_READ_SECONDS if for_large_files else _READ_SECONDS,
        retries={
            "mode": "standard",
            "total_max_attempts": _LARGE_ATTEMPTS if for_large_files else _ATTEMPTS,
        },
        max_pool_connections=_CONNECTIONS,
        # Other servers than Amazon's rarely know a host name per bucket, or the newer checksum trailers.
        s3={"addressing_style": "path" if endpoint_url else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with _failures("connecting"):
        client = Session(region_name=region).client("s3", endpoint_url=endpoint_url, config=config)

    def drop_idle_connections(caught_exception: Exception | None = None, **_: object) -> None:
        # When one connection is dead, those that lie idle beside it are as well: the next attempt, and
        # whoever calls next, must not wait for each of them in turn.
        if caught_exception is not None:
            client.close()

    client.meta.events.register("needs-retry.s3", drop_idle_connections)
    return client


def _cache_control(key: str) -> str:
    if not key.startswith(PUBLIC_PREFIX):
        return _NEVER
    return _FOR_GOOD if is_content_addressed(key) else _FOR_AN_HOUR


@contextmanager
def _failures(doing: str) -> Iterator[None]:
    """Turn whatever boto3 raises into the one error of a storage that fails."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if _says_full(error):
            raise storage_full("storage", f"The object storage has no room for {doing}.") from error
        raise storage_failed(doing, error) from error
    except (BotoCoreError, OSError) as error:
        raise storage_failed(doing, error) from error


def _says_full(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status == _FULL_STATUS or error.response.get("Error", {}).get("Code") in _FULL
