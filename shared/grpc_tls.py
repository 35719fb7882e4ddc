"""Mutual TLS between gateway and services: each shows a certificate, and takes only ones of their own CA.

Set for every process alike: ``GRPC_TLS_CERT_FILE``, ``GRPC_TLS_KEY_FILE`` and ``GRPC_TLS_CA_FILE`` (PEM).
The name that the gateway calls a service by must stand in the service's certificate. Unset: plaintext, for
a machine of one's own or a mesh that encrypts.
"""

import time
from pathlib import Path
from typing import Self

import grpc
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate, load_pem_x509_certificates
from pydantic import model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.telemetry import get_logger

Files = tuple[Path, Path, Path]
"""Certificate, key and authority."""

_LOOK_EVERY = 1.0
"""Seconds between a client's looks at its files; they are renewed long before they end."""

log = get_logger(__name__)


class GrpcTlsSettings(BaseSettings):
    """``GRPC_TLS_…`` in the environment; the names carry no service's prefix because all share them."""

    model_config = SettingsConfigDict(env_prefix="GRPC_TLS_", extra="ignore", env_ignore_empty=True)

    cert_file: Path | None = None
    """``GRPC_TLS_CERT_FILE``: certificate of this process, with its chain."""
    key_file: Path | None = None
    """``GRPC_TLS_KEY_FILE``: its private key."""
    ca_file: Path | None = None
    """``GRPC_TLS_CA_FILE``: certificates of the authority that all of ours are of."""

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        given = [path is not None for path in (self.cert_file, self.key_file, self.ca_file)]
        if any(given) and not all(given):
            raise ValueError("GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE and GRPC_TLS_CA_FILE go together")
        return self

    def files(self) -> Files | None:
        """Certificate, key and authority; None: no TLS."""
        if self.cert_file is None or self.key_file is None or self.ca_file is None:
            return None
        return self.cert_file, self.key_file, self.ca_file


def server_credentials(settings: GrpcTlsSettings) -> grpc.ServerCredentials | None:
    """What a server shows and demands; files that change are read again at the next connection.

    Raises:
        OSError: a file cannot be read, or the key is not the certificate's.
    """
    files = settings.files()
    if files is None:
        return None
    last = _versions(files)

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal last
        try:
            now = _versions(files)
            if now == last:
                return None
            configuration = _configuration(files)
        except OSError as error:  # in the middle of being replaced: the next connection looks again
            log.warning("tls_files_unusable", reason=str(error))
            return None
        last = now
        log.info("tls_files_renewed")
        return configuration

    return grpc.dynamic_ssl_server_credentials(
        _configuration(files),
        renewed,  # type: ignore[arg-type]  # None means: as before
        require_client_authentication=True,
    )


class ClientCredentials:
    """What a client shows and demands, as its files are now.

    gRPC reads a client's certificate once, when a channel is made: whoever holds a channel compares
    :meth:`current` with what it was made with.

    Args:
        files: certificate, key and authority.
        look_every: seconds between two looks at them.

    Raises:
        OSError: a file cannot be read, or the key is not the certificate's.
    """

    def __init__(self, files: Files, look_every: float = _LOOK_EVERY) -> None:
        self._files = files
        self._look_every = look_every
        self._seen = _versions(files)
        self._current = _channel_credentials(files)
        self._looked = time.monotonic()

    def current(self) -> grpc.ChannelCredentials:
        """The same object until the files have changed, and fit together again."""
        now = time.monotonic()
        if now - self._looked >= self._look_every:
            self._looked = now
            self._look()
        return self._current

    def _look(self) -> None:
        try:
            versions = _versions(self._files)
            if versions == self._seen:
                return
            self._current = _channel_credentials(self._files)
        except OSError as error:  # in the middle of being replaced: the next look will see
            log.warning("tls_files_unusable", reason=str(error))
            return
        self._seen = versions
        log.info("tls_files_renewed")


def client_credentials(settings: GrpcTlsSettings) -> ClientCredentials | None:
    """What a client shows and demands; None: no TLS.

    Raises:
        OSError: a file cannot be read, or the key is not the certificate's.
    """
    files = settings.files()
    return None if files is None else ClientCredentials(files)


def _channel_credentials(files: Files) -> grpc.ChannelCredentials:
    certificate, key, authority = _read(files)
    return grpc.ssl_channel_credentials(authority, key, certificate)


def _configuration(files: Files) -> grpc.ServerCertificateConfiguration:
    certificate, key, authority = _read(files)
    return grpc.ssl_server_certificate_configuration([(key, certificate)], authority)


def _read(files: Files) -> tuple[bytes, bytes, bytes]:
    certificate, key, authority = (path.read_bytes() for path in files)
    try:
        load_pem_x509_certificates(authority)
        fits = load_pem_x509_certificate(certificate).public_key() == (
            load_pem_private_key(key, password=None).public_key()
        )
    except (ValueError, TypeError) as error:
        raise OSError(f"{', '.join(map(str, files))}: {error}") from None
    if not fits:
        raise OSError(f"{files[1]} is not the key of {files[0]}")
    return certificate, key, authority


def _versions(files: Files) -> tuple[tuple[int, int], ...]:
    return tuple((state.st_mtime_ns, state.st_ino) for state in (path.stat() for path in files))
