"""Serves the gateway. ``python -m gateway`` runs it."""

import signal
import sys

import uvicorn

from gateway.app import create_app
from gateway.settings import GatewaySettings
from shared.telemetry import configure_logging
from shared.tracing import configure_tracing

_GRACE_SECONDS = 10
"""Time that requests in progress get to finish at shutdown."""


def main() -> int:
    """Serve until SIGTERM or SIGINT, finish what is in progress, and return 0."""
    settings = GatewaySettings()
    configure_logging("gateway", settings.log_level, settings.log_format)
    stop_tracing = configure_tracing("gateway")
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    # uvicorn raises the signal once more after its own shutdown; by then it has been obeyed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    server.run()
    stop_tracing()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
