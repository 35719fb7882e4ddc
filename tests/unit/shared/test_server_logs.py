"""What a real server process writes about its calls."""

import json
import re

import grpc
import pytest

from tests.unit.shared.conftest import RunningService, StartService
from tests.waiting import until


def logged_call(service: RunningService, request_id: str) -> dict[str, object]:
    return until(
        lambda: next((line for line in service.events("call") if line.get("request_id") == request_id), None)
    )


def test_every_line_is_a_json_object(start_service: StartService) -> None:
    service = start_service()
    service.call("ok")
    with pytest.raises(grpc.RpcError):
        service.call("crash")
    service.terminate()
    service.process.wait(10)
    lines = [json.loads(line) for line in service.lines()]
    assert len(lines) >= 6
    for line in lines:
        assert line["service"] == "small"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line["timestamp"])
        assert {"event", "level"} <= line.keys()


def test_the_request_id_reaches_the_call_and_its_log_line(small_service: RunningService) -> None:
    answer = small_service.call("ok", request_id="photo-42.a_B")
    assert answer.breeds[0].id == "photo-42.a_B"
    line = logged_call(small_service, "photo-42.a_B")
    assert line["outcome"] == "OK"
    assert line["method"] == "/pawtrait.traits.v1.TraitsService/ClassifyTraits"
    assert isinstance(line["milliseconds"], float)


def test_the_request_id_reaches_lines_of_working_threads(small_service: RunningService) -> None:
    answer = small_service.call("log looking-closely", request_id="thread-1")
    assert small_service.wait_for("looking-closely")["request_id"] == "thread-1"
    assert answer.breeds[0].name.startswith("small")


@pytest.mark.parametrize(
    "forged",
    ['x" , "level": "critical', "a b", "x" * 65, "", "../../etc/passwd", "<script>"],
    ids=["quotes", "space", "long", "empty", "path", "markup"],
)
def test_a_forged_request_id_is_replaced(small_service: RunningService, forged: str) -> None:
    made = small_service.call("ok", request_id=forged).breeds[0].id
    assert made != forged
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert logged_call(small_service, made)["outcome"] == "OK"


def test_calls_without_a_request_id_get_one_each(small_service: RunningService) -> None:
    ids = {small_service.call("ok").breeds[0].id for _ in range(3)}
    assert len(ids) == 3


def test_the_reason_of_a_refusal_is_logged(small_service: RunningService) -> None:
    with pytest.raises(grpc.RpcError):
        small_service.call("no-dog", request_id="refused-1")
    assert logged_call(small_service, "refused-1")["outcome"] == "NO_DOG_FOUND"


def test_health_checks_are_not_logged(start_service: StartService) -> None:
    service = start_service()
    for _ in range(5):
        service.health()
    service.call("ok")
    until(lambda: service.events("call"))
    assert len(service.events("call")) == 1


def test_the_level_is_a_setting(start_service: StartService) -> None:
    service = start_service(log_level="warning", wait=None, port="0", broken_model="true")
    service.process.wait(30)
    assert service.events("cannot_run")
    assert not service.events("started")
