"""Channels to the services, and one way of calling through them."""

import json
import time
from collections.abc import Awaitable, Sequence
from typing import Protocol, TypeVar

import grpc

from gateway.clients.breaker import Breaker
from gateway.clients.renewing_channel import RenewingChannel
from gateway.deadline import Deadline
from gateway.metrics import Metrics
from shared import tracing
from shared.errors import PawtraitError, Reason
from shared.grpc_status import from_rpc_error
from shared.grpc_tls import ClientCredentials
from shared.request_context import METADATA_KEY, request_id

Request = TypeVar("Request", contravariant=True)
Response = TypeVar("Response", covariant=True)

_RETRIES = {
    "name": [{}],
    # A service that is full says RESOURCE_EXHAUSTED, and asking again would only make it worse.
    "retryPolicy": {
        "maxAttempts": 3,
        "initialBackoff": "0.02s",
        "maxBackoff": "0.2s",
        "backoffMultiplier": 3,
        "retryableStatusCodes": ["UNAVAILABLE"],
    },
}


def _service_config(once: Sequence[str]) -> str:
    names = [dict(zip(("service", "method"), path.split("/"), strict=True)) for path in once]
    return json.dumps(
        {
            "loadBalancingConfig": [{"round_robin": {}}],
            # The more special name holds.
            "methodConfig": [_RETRIES, *([{"name": names}] if names else [])],
            # Stops retrying while more than half of the calls fail.
            "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.2},
        }
    )


def open_channel(
    address: str,
    max_message_bytes: int,
    credentials: ClientCredentials | None = None,
    *,
    once: Sequence[str] = (),
) -> grpc.aio.Channel:
    """A channel to every address that a name resolves to. Call in the loop that will use it.

    Args:
        address: ``host:port``, or an address with a scheme of gRPC's.
        max_message_bytes: largest message sent or taken.
        credentials: for TLS, followed when they are renewed; None: plaintext.
        once: methods (``package.Service/Method``) that must not be sent again when a connection breaks: they
            may have been done, and would not answer the same. All others are safe to repeat, or carry an
            id that makes them so.

    """
    target = address if "://" in address or address.startswith("unix:") else f"dns:///{address}"
    options = [
        ("grpc.service_config", _service_config(once)),
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", max_message_bytes),
        # By default a channel backs off to two minutes; a restarted service is found within a second.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1000),
        # Services are inside; a proxy set for the outside must not see them.
        ("grpc.enable_http_proxy", 0),
    ]
    if credentials is None:
        return grpc.aio.insecure_channel(target, options=options)
    return RenewingChannel(
        credentials.current, lambda current: grpc.aio.secure_channel(target, current, options=options)
    )


_FAILURES = frozenset(
    {"SERVICE_UNAVAILABLE", "INTERNAL", "UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "UNKNOWN"}
)


def _own_metadata() -> tuple[tuple[str, str], ...]:
    return ((METADATA_KEY, request_id.get()),) if request_id.get() else ()


class UnaryMethod(Protocol[Request, Response]):
    """A unary method of a generated stub."""

    def __call__(  # noqa: D102
        self, request: Request, *, timeout: float, metadata: tuple[tuple[str, str], ...]
    ) -> Awaitable[Response]: ...


class ServiceCaller:
    """Calls one service: deadline, request id, errors and metrics.

    Args:
        service: short name, e.g. ``"traits"``.
        metrics: where calls are timed.

    """

    def __init__(self, service: str, metrics: Metrics) -> None:
        self.service = service
        self._metrics = metrics
        self._breaker = Breaker(service)

    async def __call__(
        self,
        method: UnaryMethod[Request, Response],
        name: str,
        request: Request,
        deadline: Deadline,
        more: tuple[tuple[str, str], ...] = (),
    ) -> Response:
        """Call a method within what is left of the deadline.

        Args:
            method: of a generated stub.
            name: its name, for the metrics.
            request: its argument.
            deadline: of the caller.
            more: metadata beside the request id.

        Raises:
            PawtraitError: what the service answered, or that it could not.

        """
        with tracing.calling(f"{self.service}/{name}") as (span, trace):
            metadata = (*_own_metadata(), *trace.items(), *more)
            outcome = "CANCELLED"
            begun = time.perf_counter()
            try:
                async with self._breaker.call():
                    answer = await method(request, timeout=deadline.remaining(), metadata=metadata)
            except PawtraitError as error:
                outcome = error.reason.value
                raise
            except grpc.aio.AioRpcError as error:
                outcome = error.code().name
                raise self._translated(error) from error
            else:
                outcome = "OK"
                return answer
            finally:
                elapsed = time.perf_counter() - begun
                self._metrics.call_seconds.labels(self.service, name, outcome).observe(elapsed)
                tracing.say_outcome(span, outcome, failed=outcome in _FAILURES)

    def _translated(self, error: grpc.aio.AioRpcError) -> PawtraitError:
        if error.code() is grpc.StatusCode.CANCELLED:
            # We cancel by cancelling the task, so this is the service going away with the call in hand.
            return PawtraitError(
                Reason.SERVICE_UNAVAILABLE, f"{self.service} went away", {"service": self.service}
            )
        return from_rpc_error(error, self.service)
