"""What Prometheus sees of the running system: names, labels and values that go with what was called."""

import json
from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Portrait
from tests.live import LiveSystem

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
Scrape = Callable[[str], Samples]


def samples(text: str) -> Samples:
    """Values by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    """The sum of what has these labels, others being whatever they are."""
    return sum(
        number
        for (own, all_), number in found.items()
        if own == name and labels.items() <= dict(all_).items()
    )


@pytest.fixture(scope="module")
def scrape(live_system: LiveSystem) -> Scrape:
    """Reads the metrics of the gateway, or of a service where its log says that they are."""

    def read(name: str) -> Samples:
        if name == "gateway":
            return samples(httpx.get(f"{live_system.url}/metrics").text)
        log = (live_system.data_folder / "logs" / f"{name}.log").read_text()
        lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        (port,) = [line["metrics_port"] for line in lines if line["event"] == "started"][-1:]
        return samples(httpx.get(f"http://127.0.0.1:{port}/metrics").text)

    return read


@pytest.fixture(scope="module")
def called(
    api: httpx.Client, scrape: Scrape, portraits: list[Portrait]
) -> dict[str, tuple[Samples, Samples]]:
    """Metrics of each process before and after some calls."""
    names = ("gateway", "traits", "facecolor", "icon", "noseprint", "facetype")
    before = {name: scrape(name) for name in names}
    photo = {"photo": ("dog.jpg", portraits[0].data, "image/jpeg")}
    nose = {"nose": ("dog.jpg", portraits[0].data, "image/jpeg")}
    for _ in range(3):
        assert api.post("/v1/icons/from-photo", files=photo).status_code == 200
    assert api.post("/v1/faces/analyze", files=photo).status_code == 200
    assert api.post("/v1/noses/check", files=nose).status_code == 200
    # A whole dog is no nose that could be looked up.
    assert api.post("/v1/dogs/lookup", files=nose).status_code == 422
    assert api.post("/v1/traits", files={"photo": ("x", b"no picture")}).status_code == 415
    return {name: (before[name], scrape(name)) for name in names}


def grown(called: dict[str, tuple[Samples, Samples]], process: str, name: str, **labels: str) -> float:
    before, after = called[process]
    return value(after, name, **labels) - value(before, name, **labels)


def test_the_gateway_shows_rate_errors_and_times_by_route(
    called: dict[str, tuple[Samples, Samples]],
) -> None:
    route = "/v1/icons/from-photo"
    assert grown(called, "gateway", "pawtrait_http_requests_total", route=route, status="200") == 3
    assert grown(called, "gateway", "pawtrait_http_request_seconds_count", route=route) == 3
    assert 0.01 < grown(called, "gateway", "pawtrait_http_request_seconds_sum", route=route) < 60
    assert grown(called, "gateway", "pawtrait_http_requests_total", route="/v1/traits", status="415") == 1
    assert grown(called, "gateway", "pawtrait_problems_total", reason="NOT_AN_IMAGE", status="415") == 1
    calls = "pawtrait_service_call_seconds_count"
    assert grown(called, "gateway", calls, service="icon", method="ComposeIcon", outcome="OK") == 3
    now = called["gateway"][1]
    assert value(now, "pawtrait_photos_in_progress") == value(now, "pawtrait_photos_waiting") == 0
    assert 20e6 < value(now, "process_resident_memory_bytes") < 2e9


@pytest.mark.parametrize(
    ("service", "method", "stage", "calls"),
    [
        ("traits", "ClassifyTraits", "classify", 3),
        ("facecolor", "DetectHeads", "detect", 3),
        ("facecolor", "DetectFaceColor", "colours", 3),
        ("icon", "ComposeIcon", "compose", 3),
        ("noseprint", "CheckNose", "detect", 1),
        ("facetype", "AnalyzeFace", "parts", 1),
    ],
)
def test_services_show_the_same_by_rpc_with_the_time_of_each_stage(
    called: dict[str, tuple[Samples, Samples]], service: str, method: str, stage: str, calls: int
) -> None:
    assert grown(called, service, "pawtrait_rpc_total", method=method, code="OK", reason="OK") == calls
    assert grown(called, service, "pawtrait_rpc_seconds_count", method=method) == calls
    assert grown(called, service, "pawtrait_stage_seconds_count", stage=stage) >= calls
    spent = grown(called, service, "pawtrait_stage_seconds_sum", stage=stage)
    assert spent > 0
    now = called[service][1]
    for gauge in ("pawtrait_rpc_in_flight", "pawtrait_work_waiting", "pawtrait_work_running"):
        assert (gauge, frozenset()) in now
        assert value(now, gauge) == 0
    models = [number for (name, _), number in called[service][0].items() if name == "pawtrait_model_info"]
    assert set(models) == {1.0}, "shown before anybody called"


def test_refusals_are_counted_by_reason(called: dict[str, tuple[Samples, Samples]]) -> None:
    refused = {
        dict(labels)["reason"]
        for (name, labels), _ in called["noseprint"][1].items()
        if name == "pawtrait_rpc_total" and dict(labels)["code"] == "INVALID_ARGUMENT"
    }
    assert refused
    assert all(reason.isupper() and reason != "OK" for reason in refused)
