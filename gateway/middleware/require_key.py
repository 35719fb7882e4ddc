"""Asks for a key before anything of the body is read."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.keys.guard import KeyGuard
from gateway.problems import Problems
from shared.errors import PawtraitError


class RequireKey:
    """Lets a request through when it needs no key, or shows one that may do what it asks for.

    Args:
        app: the application.
        problems: makes the answer to the others.
        guard: decides; asked for when the first request arrives.
    """

    def __init__(self, app: ASGIApp, problems: Problems, guard: Callable[[Scope], KeyGuard]) -> None:
        self._app = app
        self._problems = problems
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            await self._guard(scope).admit(
                scope["method"],
                scope["path"],
                headers.get("x-api-key", ""),
                headers.get("authorization", ""),
            )
        except PawtraitError as error:
            await self._problems.response(error, scope)(scope, receive, send)
            return
        await self._app(scope, receive, send)
