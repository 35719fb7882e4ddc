"""Turns what nobody foresaw, and a disk that is full, into a problem that gives nothing away."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.problems import Problems, no_room_for_bodies
from shared.errors import PawtraitError, Reason
from shared.room import is_full
from shared.telemetry import get_logger

log = get_logger(__name__)


class LastResort:
    """Logs an unexpected exception with its traceback and answers 500 without it."""

    def __init__(self, app: ASGIApp, problems: Problems) -> None:
        self._app = app
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            if is_full(error):
                log.error("no_room", path=scope["path"])
                error = no_room_for_bodies()
            else:
                log.exception("unexpected_error", path=scope["path"])
            if started:
                # Half an answer is out: only closing the connection tells the caller.
                raise
            # A gathered failure of the application's own kind keeps its meaning.
            known = error if isinstance(error, PawtraitError) else PawtraitError(Reason.INTERNAL, "failed")
            await self._problems.response(known, scope)(scope, receive, send)
