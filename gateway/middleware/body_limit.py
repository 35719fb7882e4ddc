"""Caps bodies, and the time that they take, before they are read and while: a declared length can lie."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.call_table import CallTable
from gateway.problems import Problems
from shared.errors import PawtraitError, Reason

MULTIPART_OVERHEAD = 64_000
"""Bytes beside the photo: boundaries, part headers and the small fields."""

_DRAIN_BYTES = 64_000_000
_DRAIN_SECONDS = 2.0


class BodyRefusedError(Exception):
    """Unwinds whatever was reading the body."""


class BodyLimit:
    """Answers 413 to a body beyond the cap of its route, without ever holding the excess, 408 to a slow one.

    Args:
        app: the application.
        problems: makes the response.
        upload_bytes: by method and path, largest body of calls that carry photos, without the multipart
            overhead. A ``*`` in a path stands for one segment.
        other_bytes: largest body of every other call.
        seconds: time in which a body has to arrive.

    """

    def __init__(
        self,
        app: ASGIApp,
        problems: Problems,
        upload_bytes: Mapping[tuple[str, str], int],
        other_bytes: int,
        seconds: float,
    ) -> None:
        self._app = app
        self._problems = problems
        self._limits = CallTable((call, size + MULTIPART_OVERHEAD) for call, size in upload_bytes.items())
        self._other_bytes = other_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        (limit,) = self._limits.find(scope["method"], scope["path"]) or (self._other_bytes,)
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
            if "expect" not in headers:
                await _drain(receive)
            await self._too_large(scope)(scope, receive, send)
            return
        await self._counted(limit, scope, receive, send)

    async def _counted(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        count = 0
        arrived = started = False
        refusal: Response | None = None
        end = asyncio.get_running_loop().time() + self._seconds

        async def receive_counted() -> Message:
            nonlocal count, arrived, refusal
            try:
                # Once the body is there, only the caller's leaving is waited for.
                async with asyncio.timeout_at(None if arrived else end):
                    message = await receive()
            except TimeoutError:
                refusal = self._problems.too_slow(scope)
                raise BodyRefusedError from None
            count += len(message.get("body", b""))
            arrived = not message.get("more_body")
            if count > limit:
                refusal = self._too_large(scope)
                raise BodyRefusedError
            return message

        async def send_unless_refused(message: Message) -> None:
            # The framework turns any failure to read a body into an answer of its own.
            nonlocal started
            if refusal is None:
                started = True
                await send(message)

        with suppress(BodyRefusedError):
            await self._app(scope, receive_counted, send_unless_refused)
        if refusal is not None and not started:
            if count > limit:
                await _drain(receive)
            await refusal(scope, receive, send)

    def _too_large(self, scope: Scope) -> Response:
        error = PawtraitError(Reason.PHOTO_TOO_LARGE, "the body is too large", {"field": "body"})
        return self._problems.response(error, scope)


async def _drain(receive: Receive) -> None:
    """Read and drop what is still coming, within bounds.

    Most clients send the whole body before they read: one whose connection closes on it sees a broken
    pipe and never the 413.
    """
    dropped = 0
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while dropped < _DRAIN_BYTES:
                message = await receive()
                dropped += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
    except TimeoutError:
        return
