"""Traces through gateway, services and database, sent to where ``OTEL_EXPORTER_OTLP_ENDPOINT`` says.

OpenTelemetry's own variables apply (sampling, headers, resource attributes). Without an endpoint nothing is
recorded, and the library's parts that record are not even loaded. Spans carry names, routes, outcomes and
request ids, never fields, tokens or pictures; statements go out with placeholders, without their values.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from shared.request_context import request_id

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"

_tracer = trace.get_tracer("pawtrait")


def configure_tracing(service: str, environment: Mapping[str, str] = os.environ) -> Callable[[], None]:
    """Begin to record, if asked to.

    Args:
        service: short name; traces show ``pawtrait-<service>``.
        environment: where the settings stand.

    Returns:
        What sends the last spans and stops; call it before the process ends.

    """
    if not environment.get(ENDPOINT):
        return lambda: None
    # Here, because they cost memory that a service without traces need not spend.
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"pawtrait-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    AsyncPGInstrumentor().instrument(tracer_provider=provider)  # type: ignore[no-untyped-call]
    return provider.shutdown


@contextmanager
def serving(name: str, carrier: Mapping[str, str]) -> Iterator[Span]:
    """A span of answering a call, under the caller's where its headers or metadata name one."""
    parent = propagate.extract(carrier)
    token = context.attach(parent)
    try:
        with _tracer.start_as_current_span(
            name, kind=SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:
            if span.is_recording():
                span.set_attribute("request.id", request_id.get())
            yield span
    finally:
        context.detach(token)


@contextmanager
def calling(name: str) -> Iterator[tuple[Span, dict[str, str]]]:
    """A span of calling another service, and the metadata that lets it go on with the trace."""
    with _tracer.start_as_current_span(
        name, kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
    ) as span:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        yield span, carrier


@contextmanager
def stage(name: str) -> Iterator[None]:
    """A span of one stage of an answer."""
    with _tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False):
        yield


def say_outcome(span: Span, outcome: str, *, failed: bool) -> None:
    """How a call ended: ``outcome`` is OK or a reason; ``failed`` when it is the server's fault."""
    if span.is_recording():
        span.set_attribute("outcome", outcome)
        span.set_status(Status(StatusCode.ERROR if failed else StatusCode.OK))
