"""The command that makes certificates, and what they are good for between gateway and services."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.make_certificates import CERTIFICATE_LASTS, RENEWED_BEFORE, SERVICES, make
from shared.grpc_tls import GrpcTlsSettings, client_credentials
from shared.healthcheck import grpc_status
from tests.unit.deployment import processes
from tests.waiting import until

NAMES = ("gateway", *SERVICES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "secrets"
    make(folder)
    return folder


def context(folder: Path, name: str, *, server: bool) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.load_cert_chain(folder / f"grpc-{name}.crt", folder / f"grpc-{name}.key")
    made.load_verify_locations(folder / "grpc-authority.crt")
    made.verify_mode = ssl.CERT_REQUIRED
    return made


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> None:
    """Both sides' handshake in memory; raises what either finds wrong."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(10):
        for side in tuple(sides):
            try:
                side.do_handshake()
                sides.remove(side)
            except ssl.SSLWantReadError:
                continue
        if not sides:
            return
    raise AssertionError("they never end")


def test_they_are_made_for_whom_the_gateway_calls() -> None:
    assert SERVICES == processes.SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_known_by_its_name_and_the_gateway_by_its_certificate(
    folder: Path, service: str
) -> None:
    gateway, server = context(folder, "gateway", server=False), context(folder, service, server=True)
    shake_hands(gateway, server, service)
    other = "icon" if service != "icon" else "traits"
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(gateway, server, other)
    with pytest.raises(ssl.SSLCertVerificationError, match="unsuitable certificate purpose"):
        shake_hands(context(folder, other, server=False), server, service)
    with pytest.raises(ssl.SSLCertVerificationError, match="unsuitable certificate purpose"):
        shake_hands(gateway, context(folder, "gateway", server=True), "gateway")


def test_another_authoritys_are_refused(folder: Path, tmp_path: Path) -> None:
    make(tmp_path)
    server = context(folder, "traits", server=True)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(context(tmp_path, "gateway", server=False), server, "traits")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_there_is_left_alone_and_what_ends_soon_or_is_broken_is_made_again(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    names = {f"grpc-{name}.{ending}" for name in NAMES for ending in ("crt", "key")}
    authority = {"grpc-authority.crt", "grpc-authority.key"}
    assert set(make(tmp_path, now)) == names | authority == set(contents(tmp_path))
    first = contents(tmp_path)
    assert make(tmp_path, now) == []
    assert contents(tmp_path) == first

    (tmp_path / "grpc-icon.key").unlink()
    assert set(make(tmp_path, now)) == {"grpc-icon.crt", "grpc-icon.key"}
    (tmp_path / "grpc-traits.crt").write_bytes((tmp_path / "grpc-icon.crt").read_bytes())
    assert set(make(tmp_path, now)) == {"grpc-traits.crt", "grpc-traits.key"}

    assert make(tmp_path, now + CERTIFICATE_LASTS - RENEWED_BEFORE - timedelta(days=1)) == []
    assert set(make(tmp_path, now + CERTIFICATE_LASTS - RENEWED_BEFORE + timedelta(days=1))) == names
    (tmp_path / "grpc-authority.key").unlink()
    assert set(make(tmp_path, now)) == names | authority, "none is left of an authority that is gone"


def test_a_renewed_certificate_and_one_from_before_take_each_other(tmp_path: Path) -> None:
    make(tmp_path, datetime.now(UTC) - CERTIFICATE_LASTS + timedelta(days=10))
    gateway, traits = context(tmp_path, "gateway", server=False), context(tmp_path, "traits", server=True)
    assert "grpc-gateway.crt" in make(tmp_path)
    shake_hands(gateway, context(tmp_path, "traits", server=True), "traits")
    shake_hands(context(tmp_path, "gateway", server=False), traits, "traits")


def test_containers_can_read_all_but_the_authoritys_key(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes.pop("grpc-authority.key") == 0o600
    assert set(modes.values()) == {0o644}


def settings(folder: Path, name: str) -> GrpcTlsSettings:
    return GrpcTlsSettings(
        cert_file=folder / f"grpc-{name}.crt",
        key_file=folder / f"grpc-{name}.key",
        ca_file=folder / "grpc-authority.crt",
    )


@pytest.fixture(scope="module")
def traits(folder: Path) -> Iterator[tuple[int, int]]:
    """Ports of the calls and of the health checks of the real service, under TLS."""
    own = settings(folder, "traits")
    log_file = folder.parent / "traits.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "shared.launcher.child", str(os.getpid()), "services.traits.server"],
            cwd=processes.REPOSITORY,
            env={
                **os.environ,
                "TRAITS_PORT": "0",
                "TRAITS_HEALTH_PORT": "0",
                "TRAITS_DRAIN": "0",
                **{f"GRPC_TLS_{key.upper()}": str(value) for key, value in own.model_dump().items()},
            },
            stdout=log,
            stderr=log,
        )

    def started() -> dict[str, Any] | None:
        assert process.poll() is None, log_file.read_text()
        lines = [json.loads(line) for line in log_file.read_text().splitlines() if line.endswith("}")]
        events = {line["event"]: line for line in lines}
        return events["started"] if "serving" in events else None

    try:
        event = until(started, 60, pause=0.2)
        yield event["port"], event["health_port"]
    finally:
        process.terminate()
        process.wait(20)


def asked(folder: Path, port: int, caller: str, name: str) -> str:
    """What the service answers to a channel as the gateway makes it, that believes to call ``name``."""
    credentials = client_credentials(settings(folder, caller))
    assert credentials is not None
    options = [("grpc.ssl_target_name_override", name)]
    with grpc.secure_channel(f"127.0.0.1:{port}", credentials.current(), options=options) as channel:
        stub = health_pb2_grpc.HealthStub(channel)  # type: ignore[no-untyped-call]
        try:
            request = health_pb2.HealthCheckRequest(service=processes.full_name("traits"))
            answer = stub.Check(request, timeout=5)
        except grpc.RpcError as error:
            return str(error.code().name)
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def test_the_gateway_reaches_a_service_that_has_them_and_nobody_else_does(
    folder: Path, traits: tuple[int, int]
) -> None:
    port, _ = traits
    assert asked(folder, port, "gateway", "traits") == "SERVING"
    assert asked(folder, port, "gateway", "icon") == "UNAVAILABLE", "it is not whom the caller meant"
    assert asked(folder, port, "icon", "traits") == "UNAVAILABLE", "a service calls no other"
    assert grpc_status(f"127.0.0.1:{port}", "", 5) == "UNAVAILABLE", "plaintext is refused"


def test_the_containers_own_health_check_asks_the_port_beside(traits: tuple[int, int]) -> None:
    _, health_port = traits
    command = [sys.executable, "-m", "shared.healthcheck", f"127.0.0.1:{health_port}"]
    done = subprocess.run(
        [*command, processes.full_name("traits")], cwd=processes.REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
