"""A real S3 server by HTTP, on a free port of loopback, in a process of its own."""

import itertools
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from mypy_boto3_s3 import S3Client

from tests.waiting import until

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class S3Server:
    """Its address, and a client to look at what lies in it."""

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self.pid = pid
        self.client: S3Client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name="eu-west-1",
            config=Config(s3={"addressing_style": "path"}),
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )
        self._numbers = itertools.count()

    def new_bucket(self) -> str:
        """An empty bucket."""
        name = f"bucket-{next(self._numbers)}"
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        return name

    def keys(self, bucket: str) -> list[str]:
        """Keys of everything in a bucket."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]


@contextmanager
def running_s3_server(folder: Path) -> Iterator[S3Server]:
    """A server within the block, its log in ``folder``. What lies in it is gone afterwards."""
    log = folder / "s3.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **CREDENTIALS, "PYTHONUNBUFFERED": "1"},
        )
    try:
        until(lambda: _address(log) or process.poll() is not None, seconds=60)
        yield S3Server(_address(log), process.pid)
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with pytest.MonkeyPatch.context() as patch, running_s3_server(tmp_path_factory.mktemp("s3")) as server:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        yield server


def _address(log: Path) -> str:
    found = re.search(r"http://127\.0\.0\.1:[1-9]\d+", log.read_text())
    return found.group() if found else ""
