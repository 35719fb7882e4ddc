"""Leaves a service alone that does not answer, for a moment at a time: see ``shared.breaker``."""

import grpc

from shared import breaker
from shared.errors import PawtraitError, Reason

FAILURES = 5
"""Calls in a row that got no answer in time, after which the service is left alone."""
OPEN_SECONDS = 2.0
"""How long it is left alone."""


def _came_too_late(error: BaseException) -> bool:
    """A refusal is an answer, by the service or by its machine. So is that it is full."""
    late = grpc.StatusCode.DEADLINE_EXCEEDED
    return isinstance(error, grpc.aio.AioRpcError) and error.code() is late


class Breaker(breaker.Breaker):
    """Of one service; a call that is not made is ``SERVICE_UNAVAILABLE``.

    Args:
        service: short name.
        failures: calls in a row without an answer in time.
        open_seconds: how long the service is then left alone.
    """

    def __init__(self, service: str, failures: int = FAILURES, open_seconds: float = OPEN_SECONDS) -> None:
        super().__init__(
            service,
            came_too_late=_came_too_late,
            refusal=lambda: PawtraitError(
                Reason.SERVICE_UNAVAILABLE, f"{service} does not answer", {"service": service}
            ),
            failures=failures,
            pause=open_seconds,
        )
