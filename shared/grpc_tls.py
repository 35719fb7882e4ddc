"""Mutual TLS between gateway and services: each shows a certificate, and takes only ones of their own CA.

Set for every process alike: ``GRPC_TLS_CERT_FILE``, ``GRPC_TLS_KEY_FILE`` and ``GRPC_TLS_CA_FILE`` (PEM).
The name that the gateway calls a service by must stand in the service's certificate. Unset: plaintext, for
a machine of one's own or a mesh that encrypts.
"""

from pathlib import Path
from typing import Self

import grpc
from pydantic import model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.telemetry import get_logger

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

    def files(self) -> tuple[Path, Path, Path] | None:
        """Certificate, key and authority; None: no TLS."""
        if self.cert_file is None or self.key_file is None or self.ca_file is None:
            return None
        return self.cert_file, self.key_file, self.ca_file


def server_credentials(settings: GrpcTlsSettings) -> grpc.ServerCredentials | None:
    """What a server shows and demands; files that change are read again at the next connection.

    Raises:
        OSError: a file cannot be read.
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
            log.warning("tls_files_unreadable", reason=str(error))
            return None
        last = now
        log.info("tls_files_renewed")
        return configuration

    return grpc.dynamic_ssl_server_credentials(
        _configuration(files),
        renewed,  # type: ignore[arg-type]  # None means: as before
        require_client_authentication=True,
    )


def channel_credentials(settings: GrpcTlsSettings) -> grpc.ChannelCredentials | None:
    """What a client shows and demands.

    Raises:
        OSError: a file cannot be read.
    """
    files = settings.files()
    if files is None:
        return None
    certificate, key, authority = (path.read_bytes() for path in files)
    return grpc.ssl_channel_credentials(authority, key, certificate)


def _configuration(files: tuple[Path, Path, Path]) -> grpc.ServerCertificateConfiguration:
    certificate, key, authority = (path.read_bytes() for path in files)
    return grpc.ssl_server_certificate_configuration([(key, certificate)], authority)


def _versions(files: tuple[Path, Path, Path]) -> tuple[tuple[int, int], ...]:
    return tuple((state.st_mtime_ns, state.st_ino) for state in (path.stat() for path in files))
