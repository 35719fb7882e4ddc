"""The object storage of the suite: a real S3 server behind a network that can be broken.

The server keeps its objects in memory, so it is never ended: a network that refuses looks the same.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.object_storage import S3Storage
from tests.relay import Relay, relay_to
from tests.unit.shared.s3_server import CREDENTIALS, S3Server, running_s3_server

STORE = "store"
"""Its name among the processes of the system."""


@dataclass(frozen=True)
class Store:
    """The server, the way to it, and the bucket."""

    server: S3Server
    relay: Relay
    bucket: str

    @property
    def environment(self) -> dict[str, str]:
        """Settings of a system that keeps its pictures there."""
        return {
            "S3_BUCKET": self.bucket,
            "S3_ENDPOINT_URL": self.relay.url,
            "S3_REGION": "eu-west-1",
            **CREDENTIALS,
        }

    @property
    def objects(self) -> S3Storage:
        """What lies in it, straight from the server."""
        return S3Storage(self.bucket, endpoint_url=self.server.url, region="eu-west-1")

    def hit(self, fault: str, seconds: float, meanwhile: Callable[[], None]) -> None:
        """Take it away for some seconds.

        Args:
            fault: ``killed``: connections break and none are accepted. ``frozen``: the server hangs.
                ``stopped``: the network falls silent, and what was open stays silent for good.
            seconds: how long.
            meanwhile: called when half of them are over.
        """
        begin, end = {
            "killed": (self.relay.refuse, self.relay.restore),
            "frozen": (lambda: self._signal(signal.SIGSTOP), lambda: self._signal(signal.SIGCONT)),
            "stopped": (self.relay.swallow, self.relay.restore),
        }[fault]
        begun = time.monotonic()
        begin()
        try:
            time.sleep(seconds / 2)
            meanwhile()
            time.sleep(max(begun + seconds - time.monotonic(), 0))
        finally:
            end()

    def _signal(self, number: int) -> None:
        os.kill(self.server.pid, number)


@contextmanager
def running_store(folder: Path) -> Iterator[Store]:
    """A store with an empty bucket, its log in ``folder``."""
    with running_s3_server(folder) as server, relay_to(server.url) as relay:
        yield Store(server, relay, server.new_bucket())
