"""What a service process shows to Prometheus."""

import re
import threading
import urllib.request
from pathlib import Path

import grpc
import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared import metrics
from tests.unit.shared.conftest import RunningService, StartService
from tests.waiting import until

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def shown(service: RunningService) -> Samples:
    port = service.events("started")[0]["metrics_port"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def calls(samples: Samples, code: str, reason: str) -> float:
    labels = (("code", code), ("method", "ClassifyTraits"), ("reason", reason))
    return samples.get(("pawtrait_rpc_total", labels), 0.0)


@pytest.fixture(scope="module")
def service(start_service: StartService) -> RunningService:
    return start_service(metrics_port="0", max_in_flight="2", workers="1")


def test_the_model_is_shown_before_anybody_called(start_service: StartService) -> None:
    samples = shown(start_service(metrics_port="0"))
    assert samples[("pawtrait_model_info", (("name", "small"), ("version", "7")))] == 1


def test_calls_are_counted_by_status_and_reason(service: RunningService) -> None:
    before = shown(service)
    service.call("ok")
    for word in ("no-dog", "no-dog", "crash", "abort"):
        with pytest.raises(grpc.RpcError):
            service.call(word)

    def counted(samples: Samples) -> list[float]:
        return [
            calls(samples, code, reason) - calls(before, code, reason)
            for code, reason in (
                ("OK", "OK"),
                ("INVALID_ARGUMENT", "NO_DOG_FOUND"),
                ("INTERNAL", "INTERNAL"),
                ("FAILED_PRECONDITION", "ABORTED"),
            )
        ]

    # The count follows the answer.
    after = until(lambda: counted(samples := shown(service)) == [1, 2, 1, 1] and samples)
    timed = ("pawtrait_rpc_seconds_count", (("method", "ClassifyTraits"),))
    assert after[timed] - before.get(timed, 0.0) == 5


def test_calls_in_progress_and_waiting_are_seen_and_the_refused_are_counted(
    service: RunningService, tmp_path: Path
) -> None:
    threads = [
        threading.Thread(target=service.call, args=(f"sleep 2 {tmp_path / str(number)}",))
        for number in range(2)
    ]
    for thread in threads:
        thread.start()
    busy = until(
        lambda: (samples := shown(service)).get(("pawtrait_work_waiting", ())) == 1 and samples  # one worker
    )
    assert busy[("pawtrait_rpc_in_flight", ())] == 2
    assert busy[("pawtrait_work_running", ())] == 1
    with pytest.raises(grpc.RpcError) as refused:
        service.call("ok")
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    for thread in threads:
        thread.join()
    calm = until(lambda: (samples := shown(service))[("pawtrait_rpc_in_flight", ())] == 0 and samples)
    assert calm[("pawtrait_work_waiting", ())] == calm[("pawtrait_work_running", ())] == 0
    assert calls(calm, "RESOURCE_EXHAUSTED", "SERVICE_UNAVAILABLE") == 1


def test_work_whose_caller_left_before_it_began_waits_no_longer(
    service: RunningService, tmp_path: Path
) -> None:
    first = threading.Thread(target=service.call, args=(f"sleep 1 {tmp_path / 'first'}",))
    first.start()
    until((tmp_path / "first").exists)
    with pytest.raises(grpc.RpcError):
        service.call("ok", timeout=0.2)
    until(lambda: shown(service)[("pawtrait_work_waiting", ())] == 0)
    first.join()


def test_the_process_is_seen(service: RunningService) -> None:
    assert shown(service)[("process_resident_memory_bytes", ())] > 10_000_000


def test_without_the_setting_nothing_listens(start_service: StartService) -> None:
    assert "metrics_port" not in start_service().events("started")[0]


def test_a_taken_port_ends_the_start(service: RunningService, start_service: StartService) -> None:
    taken = service.events("started")[0]["metrics_port"]
    second = start_service(wait=None, metrics_port=str(taken))
    assert second.process.wait(20) == 1
    assert re.search("in use", second.events("cannot_run")[0]["reason"])


def test_only_the_version_that_answers_is_shown() -> None:
    metrics.say_models({"a-model": "1", "other": "7"})
    metrics.say_models({"a-model": "2"})
    shown_now = [sample.labels for family in metrics.MODEL.collect() for sample in family.samples]
    assert shown_now == [{"name": "a-model", "version": "2"}]
