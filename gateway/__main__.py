"""Serves the gateway. ``python -m gateway`` runs it."""

import signal
import sys

import uvicorn

from gateway.app import create_app
from gateway.http_protocol import bounded
from gateway.keys.key_file import KeyFile
from gateway.settings import GatewaySettings
from gateway.tls import follow_files
from shared.telemetry import configure_logging, get_logger
from shared.tracing import configure_tracing

_GRACE_SECONDS = 10
"""Time that requests in progress get to finish at shutdown."""
_ANSWER_SECONDS = 2.0
"""Time between the answer to a body that is too slow and the end of its connection."""


def missing_keys(settings: GatewaySettings) -> str:
    """Why the gateway must not start as it is set up; empty when it may.

    Raises:
        ValueError: the file of keys is none.
        OSError: it cannot be read.
    """
    if not settings.needs_keys() or settings.admin_key.get_secret_value():
        return ""
    if any(key.revoked_at is None for key in KeyFile(settings.path_of_keys()).keys().values()):
        return ""
    return (
        f"the gateway listens on {settings.host}, so callers need an API key, and there is none in"
        f" {settings.path_of_keys()}. Make one with:"
        " python -m gateway.keys create --name NAME --scopes icons. To let anyone call without one, set"
        " GATEWAY_KEYS=anyone-may-call"
    )


def main() -> int:
    """Serve until SIGTERM or SIGINT, finish what is in progress, and return 0; 1 when it cannot serve."""
    settings = GatewaySettings()
    configure_logging("gateway", settings.log_level, settings.log_format)
    try:
        missing = missing_keys(settings)
    except (ValueError, OSError) as error:
        missing = f"{settings.path_of_keys()}: {error}"
    if missing:
        get_logger(__name__).critical("cannot_run", reason=missing)
        return 1
    stop_tracing = configure_tracing("gateway")
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=bounded(
            settings.head_bytes,
            settings.head_time.total_seconds(),
            settings.body_time.total_seconds() + _ANSWER_SECONDS,
        ),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_certfile=settings.tls_cert_file,
        ssl_keyfile=settings.tls_key_file,
    )
    try:
        config.load()
    except OSError as error:
        get_logger(__name__).critical("cannot_run", reason=f"TLS: {error}")
        return 1
    if config.ssl is not None and settings.tls_cert_file and settings.tls_key_file:
        follow_files(config.ssl, settings.tls_cert_file, settings.tls_key_file)
    server = uvicorn.Server(config)
    # uvicorn raises the signal once more after its own shutdown; by then it has been obeyed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    server.run()
    stop_tracing()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
