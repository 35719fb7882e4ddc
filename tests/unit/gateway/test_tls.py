"""HTTPS of the gateway's process."""

import contextlib
import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from gateway.settings import GatewaySettings
from gateway.tls import follow_files
from tests.certificates import Authority
from tests.waiting import until


def start(tmp_path: Path, certificate: Path, key: Path) -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PORT": str(port),
        "DATA_DIR": str(tmp_path),
        "GATEWAY_TLS_CERT_FILE": str(certificate),
        "GATEWAY_TLS_KEY_FILE": str(key),
    }
    return subprocess.Popen([sys.executable, "-m", "gateway"], env=environment, stderr=subprocess.PIPE), port


def answers(url: str, authority: Path) -> bool:
    try:
        return httpx.get(url, verify=ssl.create_default_context(cafile=str(authority))).status_code == 200
    except httpx.TransportError:
        return False


def test_it_speaks_https_with_its_certificate(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path / "ours", "ours"), Authority(tmp_path / "theirs", "theirs")
    process, port = start(tmp_path, *ours.issue("gateway"))
    try:
        url = f"https://localhost:{port}/healthz"
        until(lambda: answers(url, ours.file))
        answer = httpx.get(url, verify=ssl.create_default_context(cafile=str(ours.file)))
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert not answers(url, theirs.file)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://localhost:{port}/healthz")
    finally:
        process.kill()
        process.communicate()


def test_a_pair_that_does_not_fit_ends_the_start(tmp_path: Path) -> None:
    ours = Authority(tmp_path, "ours")
    certificate, _ = ours.issue("one")
    _, key = ours.issue("other")
    process, _ = start(tmp_path, certificate, key)
    _, log = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"TLS" in log


def served(context: ssl.SSLContext) -> str:
    """The issuer of what a server with this context shows."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    client = trusting.wrap_bio(incoming, outgoing)
    server_in, server_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(server_in, server_out, server_side=True)
    for _ in range(6):
        for side in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
            server_in.write(outgoing.read())
            incoming.write(server_out.read())
    shown = client.getpeercert(binary_form=True)
    assert shown is not None
    from cryptography import x509

    return x509.load_der_x509_certificate(shown).issuer.rfc4514_string()


def test_renewed_files_are_followed_and_broken_ones_are_not(tmp_path: Path) -> None:
    old, new = Authority(tmp_path / "old", "old"), Authority(tmp_path / "new", "new")
    certificate, key = old.issue("gateway")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    follow_files(context, certificate, key, every=0.05)
    assert served(context) == "CN=old"
    fresh_certificate, fresh_key = new.issue("gateway")
    certificate.write_bytes(fresh_certificate.read_bytes())  # for a moment the pair does not fit
    assert served(context) == "CN=old"
    key.write_bytes(fresh_key.read_bytes())
    until(lambda: served(context) == "CN=new")


def test_the_two_files_go_together(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="go together"):
        GatewaySettings(tls_cert_file=tmp_path / "x.pem")
