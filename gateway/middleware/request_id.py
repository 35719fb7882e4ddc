"""Gives every request an id, which its log lines, service calls and answer carry."""

import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.middleware.disconnect import CLIENT_GONE
from shared.request_context import METADATA_KEY, accept_or_make, request_id
from shared.telemetry import get_logger

log = get_logger(__name__)

_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Polled every few seconds; logged only when they fail."""


class RequestId:
    """Takes the caller's ``X-Request-Id`` when it is sane, and logs one line per request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        current = accept_or_make(Headers(scope=scope).get(METADATA_KEY))
        request_id.set(current)
        status = CLIENT_GONE
        begun = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[METADATA_KEY] = current
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            if scope["path"] not in _QUIET or status >= 400:
                elapsed = round((time.perf_counter() - begun) * 1000, 1)
                log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    milliseconds=elapsed,
                )
