"""HTTP as uvicorn speaks it, within bounds that uvicorn does not set.

Without them a caller could send headers without end, each kept in memory, or hold a connection for good by
sending one byte now and then. What an edge in front of the gateway allows is the edge's own business.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TEXTS = {
    HTTPStatus.BAD_REQUEST: "Invalid HTTP request received.",
    HTTPStatus.REQUEST_TIMEOUT: "The request's headers took too long.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The request's headers are too large.",
}


class BoundedHttp(HttpToolsProtocol):
    """Refuses heads that are too large (431) or slow (408); hangs up on bodies and readers that never end."""

    head_bytes: int
    """Largest request line with all headers."""
    head_seconds: float
    """Time for sending it, from when the connection is there or its first byte."""
    body_seconds: float
    """Time for sending the body, after which the connection is closed; whoever reads it may answer before.
    The same time is there for taking an answer."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_size = 0
        self._in_body = False
        self._refusal = HTTPStatus.BAD_REQUEST
        self._patience: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio."""
        super().connection_made(transport)
        self._wait(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._wait(None)
        self._wait_for_reader(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if not self._in_body:
            if self._patience is None:
                self._wait(self.head_seconds)
            # What httptools holds back of a header that has not ended counts as well.
            self._head_size += len(data)
        super().data_received(data)
        if not self._in_body and self._head_size > self.head_bytes and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """See httptools."""
        # A colon, a space and the end of the line are between them.
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.head_bytes:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError("the headers are too large")
        self._in_body, self._head_size = True, 0
        self._wait(self.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """See httptools."""
        self._in_body = False
        self._wait(None)
        super().on_message_complete()

    def pause_writing(self) -> None:
        """See asyncio: the other side takes less than it is sent."""
        super().pause_writing()
        self._wait_for_reader(self.body_seconds)

    def resume_writing(self) -> None:
        """See asyncio."""
        super().resume_writing()
        self._wait_for_reader(None)

    def timeout_keep_alive_handler(self) -> None:
        """See uvicorn; what is not taken by then is not waited for without end."""
        super().timeout_keep_alive_handler()
        self._wait_for_reader(self.body_seconds)

    def send_400_response(self, msg: str) -> None:
        """What uvicorn says when httptools gives up, for a reason of ours as well."""
        if self._refusal is HTTPStatus.BAD_REQUEST:
            super().send_400_response(msg)
        else:
            self._refuse(self._refusal)

    def _wait(self, seconds: float | None) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None if seconds is None else self.loop.call_later(seconds, self._give_up)

    def _wait_for_reader(self, seconds: float | None) -> None:
        if self._unread is not None:
            self._unread.cancel()
        self._unread = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)

    def _give_up(self) -> None:
        self._patience = None
        if self.transport.is_closing():
            return
        if self._answering() and not self._in_body:  # bytes after a request, while it is worked on
            self._wait(self.head_seconds)
        elif self._in_body or not self._head_size:
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, status: HTTPStatus) -> None:
        if self._answering():  # nothing may come between its bytes
            self.transport.close()
            return
        text = _TEXTS[status].encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(text)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + text)
        self.transport.close()
        self._wait_for_reader(self.body_seconds)


def bounded(head_bytes: int, head_seconds: float, body_seconds: float) -> type[BoundedHttp]:
    """The protocol with these bounds, for uvicorn."""
    bounds = {"head_bytes": head_bytes, "head_seconds": head_seconds, "body_seconds": body_seconds}
    return type("BoundedHttp", (BoundedHttp,), bounds)
