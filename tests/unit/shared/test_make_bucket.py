"""The bucket is made, once, on a real S3 server."""

import pytest

from shared.errors import PawtraitError
from shared.object_storage.make_bucket import make_bucket
from shared.storage_settings import StorageSettings
from tests.unit.shared.s3_server import S3Server, s3_server  # noqa: F401


def test_a_missing_bucket_is_made_and_one_that_is_there_is_left_alone(
    s3_server: S3Server,  # noqa: F811
) -> None:
    settings = StorageSettings(
        s3_bucket="pawtrait-objects", s3_endpoint_url=s3_server.url, s3_region="us-east-1"
    )
    assert make_bucket(settings, patience=5) is True
    assert make_bucket(settings, patience=5) is False
    s3_server.client.put_object(Bucket="pawtrait-objects", Key="a", Body=b"a")


def test_a_server_that_never_comes_is_an_error(s3_server: S3Server) -> None:  # noqa: F811
    settings = StorageSettings(s3_bucket="b-b", s3_endpoint_url="http://127.0.0.1:1", s3_region="us-east-1")
    with pytest.raises(PawtraitError):
        make_bucket(settings, patience=0)


def test_no_bucket_is_no_bucket() -> None:
    with pytest.raises(ValueError, match="S3_BUCKET"):
        make_bucket(StorageSettings(s3_bucket=None), patience=0)
