"""Turns away addresses that call too often, before anything of the body is read."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.counted_calls import COUNTED
from gateway.problems import Problems
from gateway.quotas import Quotas
from shared.errors import PawtraitError


class CountCalls:
    """Answers 429 beyond an address's limit.

    Args:
        app: the application.
        problems: makes that answer.
        quotas: count; asked for when the first request arrives.
    """

    def __init__(self, app: ASGIApp, problems: Problems, quotas: Callable[[Scope], Quotas]) -> None:
        self._app = app
        self._problems = problems
        self._quotas = quotas

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        found = COUNTED.find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if found is not None:
            try:
                await self._quotas(scope).count(found[0], Request(scope))
            except PawtraitError as error:
                await self._problems.response(error, scope)(scope, receive, send)
                return
        await self._app(scope, receive, send)
