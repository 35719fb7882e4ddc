"""Headers that keep browsers from doing with our answers what they are not for."""

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content security policy of the web page: nothing but its own files, and pictures it makes itself."""

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]+")


def page_policy(*pictures: str) -> str:
    """The same with pictures from further places.

    Args:
        pictures: addresses of pictures; the origins of those that are absolute are allowed.

    """
    origins = dict.fromkeys(found.group() for url in pictures if (found := _ORIGIN.match(url)))
    return PAGE_POLICY.replace("img-src 'self'", " ".join(["img-src 'self'", *origins]))


CLOSED_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""Policy of everything else. An SVG opened by itself is a document: it may style itself, not run."""


class SecurityHeaders:
    """Adds them to every response that has not set its own.

    Args:
        app: the application.
        https_only: whether browsers are told to come by HTTPS only; an edge that ends TLS tells them itself.

    """

    def __init__(self, app: ASGIApp, *, https_only: bool = False) -> None:
        self._app = app
        self._https_only = https_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "no-referrer")
                headers.setdefault("Content-Security-Policy", CLOSED_POLICY)
                if self._https_only:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        await self._app(scope, receive, send_with_headers)
