"""Mutual TLS of a real service process."""

from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from pawtrait.traits.v1 import traits_pb2, traits_pb2_grpc
from shared.grpc_tls import ClientCredentials, GrpcTlsSettings, client_credentials, server_credentials
from shared.healthcheck import grpc_status
from tests.certificates import Authority
from tests.unit.shared.conftest import RunningService, StartService


def set_files(monkeypatch: pytest.MonkeyPatch, certificate: Path, key: Path, authority: Path) -> None:
    for name, path in (("CERT", certificate), ("KEY", key), ("CA", authority)):
        monkeypatch.setenv(f"GRPC_TLS_{name}_FILE", str(path))


def shown_by(settings: GrpcTlsSettings) -> grpc.ChannelCredentials:
    credentials = client_credentials(settings)
    assert credentials is not None
    return credentials.current()


def call(service: RunningService, credentials: grpc.ChannelCredentials | None) -> float:
    target = f"localhost:{service.port}"
    channel = (
        grpc.insecure_channel(target) if credentials is None else grpc.secure_channel(target, credentials)
    )
    with channel:
        stub = traits_pb2_grpc.TraitsServiceStub(channel)
        return stub.ClassifyTraits(traits_pb2.ClassifyTraitsRequest(photo=b"ok"), timeout=5).dog_probability


def test_only_who_shows_a_certificate_of_ours_is_answered(
    tmp_path: Path, start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = Authority(tmp_path / "ours", "ours"), Authority(tmp_path / "theirs", "theirs")
    set_files(monkeypatch, *ours.issue("service"), ours.file)
    service = start_service(health_port="0")
    set_files(monkeypatch, *ours.issue("gateway"), ours.file)
    assert call(service, shown_by(GrpcTlsSettings())) == 1.0
    without = grpc.ssl_channel_credentials(ours.file.read_bytes())
    set_files(monkeypatch, *theirs.issue("gateway"), ours.file)
    strangers = shown_by(GrpcTlsSettings())
    set_files(monkeypatch, *ours.issue("gateway"), theirs.file)
    mistrusting = shown_by(GrpcTlsSettings())
    for credentials in (None, without, strangers, mistrusting):
        with pytest.raises(grpc.RpcError) as refused:
            call(service, credentials)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_probes_ask_in_plaintext_on_a_port_that_answers_nothing_else(
    tmp_path: Path, start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Authority(tmp_path, "ours")
    set_files(monkeypatch, *ours.issue("service"), ours.file)
    service = start_service(health_port="0")
    port = service.events("started")[0]["health_port"]
    assert grpc_status(f"127.0.0.1:{port}", "", 5) == "SERVING"
    assert grpc_status(service.address, "", 5) == "UNAVAILABLE"
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = traits_pb2_grpc.TraitsServiceStub(channel)
        with pytest.raises(grpc.RpcError) as refused:
            stub.ClassifyTraits(traits_pb2.ClassifyTraitsRequest(photo=b"ok"), timeout=5)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_renewed_certificate_is_shown_without_a_restart(
    tmp_path: Path, start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = Authority(tmp_path, "old"), Authority(tmp_path / "new", "new")
    certificate, key = old.issue("service")
    set_files(monkeypatch, certificate, key, old.file)
    service = start_service()
    assert call(service, shown_by(GrpcTlsSettings())) == 1.0
    for source, target in zip((*new.issue("service"), new.file), (certificate, key, old.file), strict=True):
        target.write_bytes(source.read_bytes())
    assert (
        x509.load_pem_x509_certificate(certificate.read_bytes())
        .issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0]
        .value
        == "new"
    )
    assert call(service, shown_by(GrpcTlsSettings())) == 1.0
    assert service.events("tls_files_renewed")


def test_a_client_takes_renewed_files_once_they_fit_together(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    certificate, key = ours.issue("gateway")
    credentials = ClientCredentials((certificate, key, ours.file), look_every=0)
    before = credentials.current()
    assert credentials.current() is before
    other_certificate, other_key = ours.issue("other")
    certificate.write_bytes(other_certificate.read_bytes())  # for a moment the pair does not fit
    assert credentials.current() is before
    key.unlink()
    assert credentials.current() is before
    key.write_bytes(other_key.read_bytes())
    after = credentials.current()
    assert after is not before
    assert credentials.current() is after
    ours.file.write_text("no certificate")
    assert credentials.current() is after


def test_a_key_that_is_not_the_certificates_is_refused_at_the_start(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    certificate, _ = ours.issue("one")
    _, key = ours.issue("other")
    with pytest.raises(OSError, match="is not the key of"):
        ClientCredentials((certificate, key, ours.file))


def test_a_missing_file_ends_the_start_and_is_named(
    tmp_path: Path, start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Authority(tmp_path, "ours")
    set_files(monkeypatch, *ours.issue("service"), tmp_path / "nowhere.pem")
    service = start_service(wait=None)
    assert service.process.wait(20) == 1
    assert "nowhere.pem" in service.events("cannot_run")[0]["reason"]


def test_the_three_files_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    assert server_credentials(GrpcTlsSettings()) is None
    assert client_credentials(GrpcTlsSettings()) is None
    monkeypatch.setenv("GRPC_TLS_CERT_FILE", "/certificate.pem")
    with pytest.raises(ValidationError, match="go together"):
        GrpcTlsSettings()
