"""Traces of a real service process, sent to a real collector."""

from collections.abc import Iterator

import grpc
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from pawtrait.traits.v1 import traits_pb2, traits_pb2_grpc
from tests.unit.shared.conftest import StartService
from tests.unit.shared.trace_collector import TraceCollector, attributes, trace_collector
from tests.waiting import until

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
METHOD = "pawtrait.traits.v1.TraitsService/ClassifyTraits"


@pytest.fixture
def collector() -> Iterator[TraceCollector]:
    with trace_collector() as running:
        yield running


def test_a_call_goes_on_with_its_callers_trace_and_tells_nothing_of_its_content(
    collector: TraceCollector, start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
    service = start_service()
    with service.channel() as channel:
        stub = traits_pb2_grpc.TraitsServiceStub(channel)
        metadata = [("traceparent", f"00-{TRACE}-{PARENT}-01"), ("x-request-id", "call-1")]
        stub.ClassifyTraits(
            traits_pb2.ClassifyTraitsRequest(photo=b"ok my-secret-picture"), timeout=10, metadata=metadata
        )
        for word in (b"no-dog", b"crash"):
            with pytest.raises(grpc.RpcError):
                stub.ClassifyTraits(traits_pb2.ClassifyTraitsRequest(photo=word), timeout=10)
    service.terminate()
    assert service.process.wait(20) == 0
    spans = until(lambda: len(found := collector.spans(METHOD)) == 3 and found)
    assert {name for name, _ in spans} == {"pawtrait-small"}
    by_outcome = {attributes(span)["outcome"]: span for _, span in spans}
    good = by_outcome["OK"]
    assert good.trace_id.hex() == TRACE
    assert good.parent_span_id.hex() == PARENT
    assert good.kind == Span.SPAN_KIND_SERVER
    assert attributes(good)["request.id"] == "call-1"
    assert by_outcome["NO_DOG_FOUND"].status.code == Status.STATUS_CODE_OK  # nobody's fault
    assert by_outcome["INTERNAL"].status.code == Status.STATUS_CODE_ERROR
    assert by_outcome["INTERNAL"].trace_id.hex() != TRACE
    assert b"my-secret-picture" not in collector.raw
    assert b"/srv/papers" not in collector.raw


def test_a_collector_that_is_away_does_no_harm(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    service = start_service()
    assert service.call("ok").dog_probability == 1.0
    service.terminate()
    assert service.process.wait(25) == 0
