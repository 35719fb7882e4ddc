"""Stops calling a service that does not answer, for a moment at a time (circuit breaker, Nygard 2007).

A service that is down refuses connections at once, which needs no breaker and is over as soon as it is back.
One that hangs lets every caller wait for its deadline: after a few such calls in a row the next are refused
at once; one in two seconds is let through to find out. The counting is the library ``purgatory``'s.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from shared.breaker_library import HALF_OPENED, AsyncCircuitBreakerFactory, OpenedState
from shared.errors import PawtraitError, Reason

FAILURES = 5
"""Calls in a row that got no answer in time, after which the service is left alone."""
OPEN_SECONDS = 2.0
"""How long it is left alone."""


def _answered(error: BaseException) -> bool:
    """A refusal is an answer, by the service or by its machine. So is that it is full."""
    late = grpc.StatusCode.DEADLINE_EXCEEDED
    return not (isinstance(error, grpc.aio.AioRpcError) and error.code() is late)


class Breaker:
    """Of one service.

    Args:
        service: short name.
        failures: calls in a row without an answer in time.
        open_seconds: how long the service is then left alone.
    """

    def __init__(self, service: str, failures: int = FAILURES, open_seconds: float = OPEN_SECONDS) -> None:
        self._service = service
        self._factory = AsyncCircuitBreakerFactory(
            default_threshold=failures,
            default_ttl=open_seconds,
            exclude=[(grpc.aio.AioRpcError, _answered), PawtraitError, asyncio.CancelledError],
        )
        self._probing = False

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Make a call within the block.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``: the service is left alone just now.
        """
        breaker = await self._factory.get_breaker(self._service)
        try:
            await breaker.__aenter__()
        except OpenedState:
            raise self._left_alone() from None
        probe = breaker.context.state == HALF_OPENED
        if probe and self._probing:
            raise self._left_alone()
        self._probing = self._probing or probe
        try:
            yield
        except BaseException as error:
            await breaker.__aexit__(type(error), error, error.__traceback__)
            raise
        else:
            await breaker.__aexit__(None, None, None)
        finally:
            if probe:
                self._probing = False

    def _left_alone(self) -> PawtraitError:
        return PawtraitError(
            Reason.SERVICE_UNAVAILABLE, f"{self._service} does not answer", {"service": self._service}
        )
