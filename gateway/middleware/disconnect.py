"""Stops working for callers who have hung up."""

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLIENT_GONE = 499
"""Status in logs and metrics of a request whose caller did not wait for the answer."""


class StopWhenGone:
    """Cancels a request, and with it its calls to services, when its caller disconnects.

    Callers give up exactly when there is too much to do; working on for them would make it worse.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body_read = asyncio.Event()
        gone = asyncio.Event()

        async def receive_body() -> Message:
            if body_read.is_set():
                await gone.wait()
                return {"type": "http.disconnect"}
            message = await receive()
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                body_read.set()
            return message

        async def watch() -> None:
            # Until the body has been read, whoever reads it sees the disconnect.
            await body_read.wait()
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()

        answered = False

        async def send_watched(message: Message) -> None:
            nonlocal answered
            answered = message.get("type") == "http.response.body" and not message.get("more_body")
            await send(message)

        work = asyncio.ensure_future(self._app(scope, receive_body, send_watched))
        watcher = asyncio.create_task(watch())
        try:
            await asyncio.wait({work, watcher}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                # Whoever has the answer counts as gone as well: what is left is to tidy up, files of the body
                # for example, and that is not cut short.
                if not answered:
                    work.cancel()
                with suppress(asyncio.CancelledError):
                    await work
                return
            work.result()
        finally:
            work.cancel()
            watcher.cancel()
