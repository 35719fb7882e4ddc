"""Certificates that are renewed while the gateway runs."""

import ssl
import threading
from pathlib import Path

from shared.telemetry import get_logger

_LOOK_EVERY = 5.0
"""Seconds; certificates are renewed weeks before they end."""

log = get_logger(__name__)


def follow_files(context: ssl.SSLContext, certificate: Path, key: Path, every: float = _LOOK_EVERY) -> None:
    """Have new connections see the files as they are now, from a thread that ends with the process.

    Args:
        context: of the server; holds the files as they are.
        certificate: PEM, with its chain.
        key: PEM.
        every: seconds between two looks.
    """
    thread = threading.Thread(
        target=_follow, args=(context, certificate, key, every), name="tls-files", daemon=True
    )
    thread.start()


def _follow(context: ssl.SSLContext, certificate: Path, key: Path, every: float) -> None:
    seen, pause = _version(certificate, key), threading.Event()
    while not pause.wait(every):
        now = _version(certificate, key)
        if now is None or now == seen:
            continue
        try:
            # Tried apart first: a pair that does not fit must not leave the server with half of it.
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
            context.load_cert_chain(certificate, key)
        except OSError as error:
            log.warning("tls_files_unusable", reason=str(error))
            continue
        seen = now
        log.info("tls_files_renewed")


def _version(certificate: Path, key: Path) -> tuple[tuple[int, int], ...] | None:
    try:
        states = [path.stat() for path in (certificate, key)]
    except OSError:
        return None
    return tuple((state.st_mtime_ns, state.st_ino) for state in states)
