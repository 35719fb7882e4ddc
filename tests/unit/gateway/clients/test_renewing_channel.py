"""Calls under mutual TLS while certificates are renewed, to a real service process."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from gateway.clients.channel import open_channel
from gateway.clients.renewing_channel import RenewingChannel
from pawtrait.traits.v1 import traits_pb2, traits_pb2_grpc
from shared.grpc_tls import ClientCredentials
from tests.certificates import Authority
from tests.unit.shared.conftest import RunningService

MESSAGE_BYTES = 1_000_000
SETTINGS = {
    "drain": "PT0.2S",
    # Connections end soon, so that certificates are shown again and again.
    "max_connection_age": "PT0.5S",
}


class Installation:
    """A service and what it and its caller show, each in three files, as one folder each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder / "first", "first")
        self.caller, self.server = (self._files(name) for name in ("caller", "server"))
        self.install(self.server, self.authority, "service")

    def _files(self, name: str) -> tuple[Path, Path, Path]:
        own = self.folder / name
        own.mkdir()
        return own / "tls.crt", own / "tls.key", own / "ca.crt"

    def install(
        self,
        files: tuple[Path, Path, Path],
        authority: Authority,
        name: str,
        lasts: timedelta = timedelta(days=1),
    ) -> None:
        """Put a new certificate and the authority in the place of what is there."""
        for source, target in zip((*authority.issue(name, lasts), authority.file), files, strict=True):
            target.write_bytes(source.read_bytes())


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.fixture
def service(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningService]:
    for variable, path in zip(("CERT", "KEY", "CA"), installation.server, strict=True):
        monkeypatch.setenv(f"GRPC_TLS_{variable}_FILE", str(path))
    running = RunningService(tmp_path / "log", SETTINGS)
    try:
        running.port = running.wait_for("serving")["port"]
        yield running
    finally:
        running.stop()


def ask(channel: grpc.aio.Channel, what: str = "ok") -> "asyncio.Future[traits_pb2.ClassifyTraitsResponse]":
    method = traits_pb2_grpc.TraitsServiceStub(channel).ClassifyTraits
    return asyncio.ensure_future(method(traits_pb2.ClassifyTraitsRequest(photo=what.encode()), timeout=10))


async def test_calls_go_on_after_the_first_certificate_has_ended(
    installation: Installation, service: RunningService
) -> None:
    installation.install(installation.caller, installation.authority, "gateway", timedelta(seconds=4))
    ends = time.monotonic() + 4
    address = f"localhost:{service.port}"
    credentials = ClientCredentials(installation.caller, look_every=0)
    fixed = grpc.aio.secure_channel(address, credentials.current())
    channel = open_channel(address, MESSAGE_BYTES, credentials)
    async with channel, fixed:
        assert (await ask(channel)).dog_probability == 1.0
        assert (await ask(fixed)).dog_probability == 1.0
        slow = ask(channel, "await 2.5")
        await asyncio.sleep(0.1)  # it is on its way
        installation.install(installation.caller, installation.authority, "gateway")
        assert (await ask(channel)).dog_probability == 1.0
        assert (await slow).dog_probability == 1.0, "a call in flight finishes on the old channel"
        await asyncio.sleep(max(ends + 1.5 - time.monotonic(), 0))
        for _ in range(3):
            assert (await ask(channel)).dog_probability == 1.0
            await asyncio.sleep(0.3)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask(fixed)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE, "the first certificate has ended"


async def test_calls_go_on_after_the_first_authority_was_withdrawn(
    installation: Installation, service: RunningService
) -> None:
    installation.install(installation.caller, installation.authority, "gateway")
    credentials = ClientCredentials(installation.caller, look_every=0)
    address = f"localhost:{service.port}"
    fixed = grpc.aio.secure_channel(address, credentials.current())
    async with open_channel(address, MESSAGE_BYTES, credentials) as channel, fixed:
        assert (await ask(channel)).dog_probability == 1.0
        second = Authority(installation.folder / "second", "second")
        installation.install(installation.server, second, "service")
        installation.install(installation.caller, second, "gateway")
        for _ in range(3):
            assert (await ask(channel)).dog_probability == 1.0
            await asyncio.sleep(0.3)
        with pytest.raises(grpc.aio.AioRpcError):
            await ask(fixed)


async def test_closing_leaves_nothing_open(installation: Installation, service: RunningService) -> None:
    installation.install(installation.caller, installation.authority, "gateway")
    credentials = ClientCredentials(installation.caller, look_every=0)
    made: list[grpc.aio.Channel] = []

    def make(current: grpc.ChannelCredentials) -> grpc.aio.Channel:
        made.append(grpc.aio.secure_channel(f"localhost:{service.port}", current))
        return made[-1]

    channel = RenewingChannel(credentials.current, make)
    assert (await ask(channel)).dog_probability == 1.0
    installation.install(installation.caller, installation.authority, "gateway")
    assert (await ask(channel)).dog_probability == 1.0
    await channel.close()
    assert len(made) == 2
    assert [each.get_state() for each in made] == [grpc.ChannelConnectivity.SHUTDOWN] * 2
