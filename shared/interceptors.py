"""What surrounds every unary call of a service: request id, admission, deadline, errors, log line."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias, cast

import grpc
from google.protobuf.message import DecodeError
from opentelemetry.trace import Span

from shared import metrics, tracing
from shared.errors import ErrorKind, PawtraitError, Reason
from shared.grpc_status import to_status
from shared.request_context import METADATA_KEY, accept_or_make, request_id
from shared.telemetry import get_logger

Context = grpc.aio.ServicerContext[Any, Any]
# In quotation marks: generic in the published types, not when it runs.
MethodHandler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
Handler = Callable[[Any, Context], Awaitable[Any]]
Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[MethodHandler]]

_EXEMPT = ("/grpc.health.", "/grpc.reflection.")
"""Health and reflection are never refused: an overloaded server must not be killed by its probes."""

_OUR_FAULT = (
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
)

log = get_logger(__name__)


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Admits, times, logs and answers for every call to the service's own methods.

    Args:
        service: short name, for the metadata of refusals.
        max_in_flight: calls in progress at most; one more gets RESOURCE_EXHAUSTED at once, since a
            queue here would only hide the overload from the caller.
        default_deadline: seconds a call may take when its caller set no deadline.

    """

    def __init__(self, service: str, max_in_flight: int, default_deadline: float) -> None:
        self._service = service
        self._max_in_flight = max_in_flight
        self._default_deadline = default_deadline
        self.in_flight = 0
        self.ready = False

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> MethodHandler:
        """Wrap a unary method; leave health, reflection and unknown methods alone."""
        handler = await continuation(handler_call_details)
        method: str = handler_call_details.method
        if handler is None or handler.unary_unary is None or method.startswith(_EXEMPT):
            return handler
        metadata = dict(handler_call_details.invocation_metadata or ())
        inner = _reading_bytes(cast(Handler, handler.unary_unary), handler.request_deserializer)
        carrier = {key: value for key, value in metadata.items() if isinstance(value, str)}
        wrapped = self._wrap(inner, method, accept_or_make(metadata.get(METADATA_KEY)), carrier)
        return grpc.unary_unary_rpc_method_handler(wrapped, response_serializer=handler.response_serializer)

    def _wrap(self, inner: Handler, method: str, call_id: str, carrier: Mapping[str, str]) -> Handler:
        async def handle(request: Any, context: Context) -> Any:
            request_id.set(call_id)
            with tracing.serving(method.lstrip("/"), carrier) as span:
                return await answer(request, context, span)

        async def answer(request: Any, context: Context, span: Span) -> Any:
            begun = time.perf_counter()
            code, outcome = grpc.StatusCode.OK, "OK"
            try:
                return await self._admitted(inner, request, context)
            except PawtraitError as error:
                status = to_status(error)
                code, outcome = status.code, error.reason.value
                await context.abort_with_status(status)
            except asyncio.CancelledError:
                code, outcome = grpc.StatusCode.CANCELLED, "CANCELLED"
                raise
            except grpc.aio.AbortError:
                # Ended on purpose, with a status already.
                code, outcome = _code_of(context), "ABORTED"
                raise
            except Exception:
                code, outcome = grpc.StatusCode.INTERNAL, Reason.INTERNAL.value
                log.exception("call_failed", method=method)
                failure = PawtraitError(Reason.INTERNAL, "internal error", {"service": self._service})
                await context.abort_with_status(to_status(failure))
            finally:
                elapsed = time.perf_counter() - begun
                name = method.rpartition("/")[2]
                metrics.CALLS.labels(name, code.name, outcome).inc()
                metrics.CALL_SECONDS.labels(name).observe(elapsed)
                tracing.say_outcome(span, outcome, failed=code in _OUR_FAULT)
                log.info("call", method=method, outcome=outcome, milliseconds=round(elapsed * 1000, 1))

        return handle

    async def _admitted(self, inner: Handler, request: Any, context: Context) -> Any:
        if not self.ready:
            raise PawtraitError(
                Reason.SERVICE_UNAVAILABLE, f"{self._service} is starting", {"service": self._service}
            )
        if self.in_flight >= self._max_in_flight:
            raise PawtraitError(
                Reason.SERVICE_UNAVAILABLE,
                f"{self._service} is full",
                {"service": self._service},
                kind=ErrorKind.FULL,
            )
        self.in_flight += 1
        metrics.IN_FLIGHT.inc()
        try:
            remaining = context.time_remaining()
            async with asyncio.timeout(self._default_deadline if remaining is None else remaining):
                return await inner(request, context)
        except TimeoutError:
            raise PawtraitError(
                Reason.DEADLINE_EXCEEDED, f"{self._service} ran out of time", {"service": self._service}
            ) from None
        finally:
            self.in_flight -= 1
            metrics.IN_FLIGHT.dec()


_CODES = {code.value[0]: code for code in grpc.StatusCode}


def _code_of(context: Context) -> grpc.StatusCode:
    # The library says the number, its types say the name.
    code: object = context.code()
    if isinstance(code, int):
        return _CODES.get(code, grpc.StatusCode.UNKNOWN)
    return code if isinstance(code, grpc.StatusCode) else grpc.StatusCode.UNKNOWN


def _reading_bytes(inner: Handler, deserialise: Callable[[bytes], Any] | None) -> Handler:
    # gRPC itself answers UNKNOWN with the parser's words when bytes are no message. Read here, they
    # get the same kind of answer as anything else that a caller sends wrongly.
    async def handle(raw: bytes, context: Context) -> Any:
        try:
            request = deserialise(raw) if deserialise else raw
        except DecodeError:
            raise PawtraitError(
                Reason.INVALID_FIELD, "the request is not a message of this method", {"field": "request"}
            ) from None
        return await inner(request, context)

    return handle
