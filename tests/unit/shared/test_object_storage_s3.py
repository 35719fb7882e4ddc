"""What is particular to objects in S3: headers, addresses, prefixes, failures."""

import hashlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from shared.errors import PawtraitError, Reason
from shared.object_storage import S3Storage, StoredObject
from tests.unit.shared.s3_server import CREDENTIALS, S3Server, s3_server

__all__ = ["s3_server"]

ICON = "public/icons/classic-v1/" + hashlib.sha256(b"an icon").hexdigest() + ".webp"
DOWN = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    return s3_server.new_bucket()


@pytest.fixture
def storage(s3_server: S3Server, bucket: str) -> S3Storage:
    return S3Storage(bucket, endpoint_url=s3_server.url, region="eu-west-1", prefix="one")


def test_public_icons_carry_type_and_endless_caching(
    s3_server: S3Server, bucket: str, storage: S3Storage
) -> None:
    storage.put(ICON, b"an icon", "image/webp")
    head = s3_server.client.head_object(Bucket=bucket, Key=f"one/{ICON}")
    assert head["ContentType"] == "image/webp"
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    storage.put("public/generated/a.jpg", b"x", "image/jpeg")
    assert (
        s3_server.client.head_object(Bucket=bucket, Key="one/public/generated/a.jpg")["CacheControl"]
        == "public, max-age=3600"
    )
    storage.put("dogs/1.jpg", b"x", "image/jpeg")
    assert (
        s3_server.client.head_object(Bucket=bucket, Key="one/dogs/1.jpg")["CacheControl"]
        == "private, no-store"
    )


def test_the_address_leads_to_the_object(s3_server: S3Server, bucket: str, storage: S3Storage) -> None:
    storage.put(ICON, b"an icon", "image/webp")
    address = storage.url(ICON)
    assert address == f"{s3_server.url}/{bucket}/one/{ICON}"
    s3_server.client.put_object_acl(Bucket=bucket, Key=f"one/{ICON}", ACL="public-read")
    answer = httpx.get(address)
    assert answer.content == b"an icon"
    assert answer.headers["content-type"] == "image/webp"


def test_addresses_of_a_cdn_and_of_amazon(s3_server: S3Server, bucket: str) -> None:
    behind_cdn = S3Storage(
        bucket,
        endpoint_url=s3_server.url,
        region="eu-west-1",
        public_url="https://cdn.example/",
        prefix="/p/",
    )
    assert behind_cdn.url("public/a,b.png") == "https://cdn.example/p/public/a%2Cb.png"
    assert (
        S3Storage("dogs", region="ap-northeast-2").url("public/a.png")
        == "https://dogs.s3.ap-northeast-2.amazonaws.com/public/a.png"
    )


def test_installations_with_prefixes_do_not_see_each_other(
    s3_server: S3Server, bucket: str, storage: S3Storage
) -> None:
    other = S3Storage(bucket, endpoint_url=s3_server.url, region="eu-west-1", prefix="one-more")
    storage.put("a.txt", b"mine", "text/plain")
    other.put("b.txt", b"theirs", "text/plain")
    assert list(storage.list("")) == ["a.txt"]
    assert list(other.list("")) == ["b.txt"]
    assert other.get("a.txt") is None
    assert other.get("b.txt") == StoredObject(b"theirs", "text/plain")


def test_list_goes_on_past_the_first_page(monkeypatch: pytest.MonkeyPatch, storage: S3Storage) -> None:
    monkeypatch.setattr("shared.object_storage.s3._PAGE", 5)
    keys = [f"many/{number:02}.txt" for number in range(12)]
    for key in keys:
        storage.put(key, b"", "text/plain")
    assert list(storage.list("many/")) == keys


def test_foreign_keys_in_the_bucket_are_passed_over(
    s3_server: S3Server, bucket: str, storage: S3Storage
) -> None:
    s3_server.client.put_object(Bucket=bucket, Key="one/a folder/", Body=b"")
    s3_server.client.put_object(Bucket=bucket, Key="one/.hidden", Body=b"")
    storage.put("a.txt", b"x", "text/plain")
    assert list(storage.list("")) == ["a.txt"]


def test_a_content_address_is_not_uploaded_again(
    s3_server: S3Server, bucket: str, storage: S3Storage
) -> None:
    storage.put(ICON, b"an icon", "image/webp")
    first = s3_server.client.head_object(Bucket=bucket, Key=f"one/{ICON}")["LastModified"]
    time.sleep(1.1)
    storage.put(ICON, b"an icon", "image/webp")
    assert s3_server.client.head_object(Bucket=bucket, Key=f"one/{ICON}")["LastModified"] == first


def each_call(storage: S3Storage) -> Iterator[object]:
    yield lambda: storage.put("a.txt", b"x", "text/plain")
    yield lambda: storage.put(ICON, b"x", "image/webp")
    yield lambda: storage.get("a.txt")
    yield lambda: storage.read_public("a.txt")
    yield lambda: list(storage.list(""))


def test_a_bucket_that_is_not_there_is_a_failure_and_no_missing_object(s3_server: S3Server) -> None:
    storage = S3Storage("no-such-bucket", endpoint_url=s3_server.url, region="eu-west-1")
    for call in each_call(storage):
        with pytest.raises(PawtraitError) as caught:
            call()
        assert caught.value.reason is Reason.SERVICE_UNAVAILABLE
        assert caught.value.metadata["service"] == "storage"


def test_a_server_that_is_down() -> None:
    storage = S3Storage("dogs", endpoint_url=DOWN, region="eu-west-1")
    started = time.monotonic()
    with pytest.raises(PawtraitError) as caught:
        storage.get("a.txt")
    assert time.monotonic() - started < 20
    assert caught.value.reason is Reason.SERVICE_UNAVAILABLE
    assert caught.value.metadata["service"] == "storage"
    assert DOWN not in caught.value.message


def test_a_server_that_never_answers_runs_into_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.object_storage.s3._READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        storage = S3Storage(
            "dogs", endpoint_url=f"http://127.0.0.1:{silent.getsockname()[1]}", region="eu-west-1"
        )
        with pytest.raises(PawtraitError) as caught:
            storage.exists("a.txt")
    assert caught.value.reason is Reason.SERVICE_UNAVAILABLE


class NoRoom(BaseHTTPRequestHandler):
    """A server that is full."""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = b"<Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>"
        self.send_response(HTTPStatus.INSUFFICIENT_STORAGE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_a_server_that_is_full() -> None:
    with HTTPServer(("127.0.0.1", 0), NoRoom) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        storage = S3Storage("dogs", endpoint_url=f"http://127.0.0.1:{server.server_port}", region="eu-west-1")
        with pytest.raises(PawtraitError) as caught:
            storage.put("a.txt", b"x", "text/plain")
        server.shutdown()
    assert caught.value.reason is Reason.STORAGE_FULL
    assert caught.value.metadata == {"service": "storage", "retry_after": "60"}


def test_without_credentials(monkeypatch: pytest.MonkeyPatch, s3_server: S3Server, bucket: str) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
        "AWS_CONFIG_FILE": "/nowhere",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PawtraitError) as caught:
        S3Storage(bucket, endpoint_url=s3_server.url, region="eu-west-1").get("a.txt")
    assert caught.value.reason is Reason.SERVICE_UNAVAILABLE


def test_a_folder_needs_no_boto3() -> None:
    program = (
        "import sys, tempfile, pathlib\n"
        "from shared.object_storage import FolderStorage, S3Storage, open_storage\n"
        "FolderStorage(pathlib.Path(tempfile.mkdtemp())).put('a.txt', b'x', 'text/plain')\n"
        "assert 'boto3' not in sys.modules and 'botocore' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
