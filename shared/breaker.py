"""Stops calling something that does not answer, for a moment at a time (circuit breaker, Nygard 2007).

What is down refuses connections at once, which needs no breaker and is over as soon as it is back. What hangs
lets every caller wait: after a few such calls in a row the next are refused at once; after a pause one is let
through to find out. The counting is the library ``purgatory``'s.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from shared.breaker_library import HALF_OPENED, AsyncCircuitBreakerFactory, OpenedState


class Breaker:
    """Of one thing that is called.

    Args:
        name: what is called.
        came_too_late: whether an error means that there was no answer in time; any other is an answer.
        refusal: makes the error of a call that is not made.
        failures: calls in a row without an answer, after which it is left alone.
        pause: seconds that it is left alone.
    """

    def __init__(
        self,
        name: str,
        *,
        came_too_late: Callable[[BaseException], bool],
        refusal: Callable[[], Exception],
        failures: int,
        pause: float,
    ) -> None:
        self._name = name
        self._refusal = refusal
        self._factory = AsyncCircuitBreakerFactory(
            default_threshold=failures,
            default_ttl=pause,
            exclude=[(BaseException, lambda error: not came_too_late(error))],
        )
        self._probing = False

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Make a call within the block.

        Raises:
            Exception: the refusal: it is left alone just now.
        """
        breaker = await self._factory.get_breaker(self._name)
        try:
            await breaker.__aenter__()
        except OpenedState:
            raise self._refusal() from None
        probe = breaker.context.state == HALF_OPENED
        if probe and self._probing:
            raise self._refusal()
        self._probing = self._probing or probe
        try:
            yield
        except asyncio.CancelledError:
            # The caller left: that says nothing about what was called.
            raise
        except BaseException as error:
            await breaker.__aexit__(type(error), error, error.__traceback__)
            raise
        else:
            await breaker.__aexit__(None, None, None)
        finally:
            if probe:
                self._probing = False
