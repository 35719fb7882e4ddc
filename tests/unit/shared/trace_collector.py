"""A collector that takes spans over OTLP and remembers them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class TraceCollector(trace_service_pb2_grpc.TraceServiceServicer):
    """What has arrived: the name of the service, and each span."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans: list[tuple[str, Span]] = []
        self.raw = b""
        self.endpoint = ""

    def Export(  # noqa: N802
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        with self._lock:
            self.raw += request.SerializeToString()
            for resource in request.resource_spans:
                names = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
                self._spans += [
                    (names["service.name"], span) for scope in resource.scope_spans for span in scope.spans
                ]
        return trace_service_pb2.ExportTraceServiceResponse()

    def spans(self, name: str) -> list[tuple[str, Span]]:
        with self._lock:
            return [(service, span) for service, span in self._spans if span.name == name]

    def all_spans(self) -> list[tuple[str, Span]]:
        with self._lock:
            return list(self._spans)


@contextmanager
def trace_collector() -> Iterator[TraceCollector]:
    """One that listens on the loopback."""
    collector = TraceCollector()
    server = grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    collector.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(1).wait()


def attributes(span: Span) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in span.attributes}
