"""A channel whose certificates are renewed while it is used.

gRPC's asyncio channels keep what they were made with for good. So a channel is replaced by a new one at the
first call after its credentials have changed; calls in flight finish on the old one.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

Request = TypeVar("Request")
Response = TypeVar("Response")

_GRACE_SECONDS = 60.0
"""Time that calls in flight get on a channel that was replaced; their own deadlines are shorter."""
_SETTLE_SECONDS = 1.0
"""Time until a replaced channel takes no more calls: those made in this moment have not reached it yet."""


class RenewingChannel(grpc.aio.Channel):
    """For unary calls; made and used in one loop.

    Args:
        credentials: gives the credentials as they are now; another object once they were renewed.
        open_channel: makes a channel with them.
    """

    def __init__(
        self,
        credentials: Callable[[], grpc.ChannelCredentials],
        open_channel: Callable[[grpc.ChannelCredentials], grpc.aio.Channel],
    ) -> None:
        self._credentials = credentials
        self._open_channel = open_channel
        self._made_with = credentials()
        self._channel = open_channel(self._made_with)
        self._retiring: set[asyncio.Task[None]] = set()

    def now(self) -> grpc.aio.Channel:
        """The channel with the credentials as they are now; another object once they were renewed."""
        current = self._credentials()
        if current is not self._made_with:
            old, self._channel, self._made_with = self._channel, self._open_channel(current), current
            task = asyncio.get_running_loop().create_task(_retire(old))
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)
        return self._channel

    def unary_unary(self, method: str, *args: Any, **options: Any) -> "_UnaryMethod[Any, Any]":
        """See the library."""
        return _UnaryMethod(self, lambda channel: channel.unary_unary(method, *args, **options))

    # The generated stub of the health service asks for a stream, which nothing here calls: it stays on the
    # channel that it was made for.
    def unary_stream(self, *args: Any, **options: Any) -> grpc.aio.UnaryStreamMultiCallable[Any, Any]:
        """See the library."""
        return self.now().unary_stream(*args, **options)

    def stream_unary(self, *args: Any, **options: Any) -> grpc.aio.StreamUnaryMultiCallable[Any, Any]:
        """See the library."""
        return self.now().stream_unary(*args, **options)

    def stream_stream(self, *args: Any, **options: Any) -> grpc.aio.StreamStreamMultiCallable[Any, Any]:
        """See the library."""
        return self.now().stream_stream(*args, **options)

    async def close(self, grace: float | None = None) -> None:
        """See the library; channels that were replaced are closed at once."""
        for task in list(self._retiring):
            task.cancel()
        await asyncio.gather(*self._retiring, self._channel.close(grace), return_exceptions=True)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """See the library."""
        return self.now().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """See the library."""
        await self.now().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """See the library."""
        await self.now().channel_ready()

    async def __aenter__(self) -> Self:
        """See the library."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See the library."""
        await self.close()


class _UnaryMethod(grpc.aio.UnaryUnaryMultiCallable[Request, Response]):
    """A method on whatever the channel is when it is called."""

    def __init__(
        self,
        channel: RenewingChannel,
        bind: Callable[[grpc.aio.Channel], grpc.aio.UnaryUnaryMultiCallable[Request, Response]],
    ) -> None:
        self._channel = channel
        self._bind = bind
        self._bound_to: grpc.aio.Channel | None = None
        self._method: grpc.aio.UnaryUnaryMultiCallable[Request, Response]

    def __call__(self, request: Request, **options: Any) -> grpc.aio.UnaryUnaryCall[Request, Response]:
        now = self._channel.now()
        if now is not self._bound_to:
            self._bound_to, self._method = now, self._bind(now)
        return self._method(request, **options)


async def _retire(channel: grpc.aio.Channel) -> None:
    try:
        await asyncio.sleep(_SETTLE_SECONDS)
        await channel.close(_GRACE_SECONDS)
    except asyncio.CancelledError:
        await channel.close(None)
        raise
