"""Starting and stopping of a real server process."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.health import LIVE
from tests.unit.shared.conftest import RunningService, StartService
from tests.waiting import until


def test_sigterm_ends_an_idle_service_with_status_0(start_service: StartService) -> None:
    service = start_service()
    service.terminate()
    assert service.process.wait(10) == 0
    assert service.events("draining")
    assert service.events("closed"), "threads and files were not let go of"
    assert service.events("stopped")


def test_sigint_ends_it_as_well(start_service: StartService) -> None:
    service = start_service()
    service.process.send_signal(2)
    assert service.process.wait(10) == 0
    assert not [line for line in service.lines() if "Traceback" in line]


def test_calls_in_progress_are_finished(start_service: StartService, tmp_path: Path) -> None:
    service = start_service(drain="PT0.1S")
    begun = tmp_path / "begun"
    with ThreadPoolExecutor(1) as callers:
        call = callers.submit(service.call, f"sleep 1.5 {begun}")
        until(begun.exists)
        service.terminate()
        assert call.result().dog_probability == 1.0
    assert service.process.wait(10) == 0


def test_while_draining_it_says_so_and_still_answers(start_service: StartService) -> None:
    service = start_service(drain="PT2S")
    service.terminate()
    service.wait_for("draining")
    assert service.health("") == "NOT_SERVING"
    assert service.health("pawtrait.traits.v1.TraitsService") == "NOT_SERVING"
    assert service.health(LIVE) == "SERVING"
    assert service.call("ok").dog_probability == 1.0
    assert service.process.wait(10) == 0


def test_new_calls_are_refused_once_stopped(start_service: StartService) -> None:
    service = start_service(drain="PT0S")
    service.terminate()
    assert service.process.wait(10) == 0
    with pytest.raises(grpc.RpcError) as refused:
        service.call("ok", timeout=5)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_call_that_takes_longer_than_the_grace_does_not_hold_it_up(start_service: StartService) -> None:
    service = start_service(drain="PT0S", grace="PT0.3S")
    with ThreadPoolExecutor(1) as callers:
        call = callers.submit(service.call, "await 30", timeout=30)
        time.sleep(0.5)
        service.terminate()
        assert service.process.wait(10) == 0
        with pytest.raises(grpc.RpcError) as cut_off:
            call.result()
    assert cut_off.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_health_watcher_does_not_hold_it_up(start_service: StartService) -> None:
    service = start_service(grace="PT30S")
    with service.channel() as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
        next(watch)
        service.terminate()
        assert service.process.wait(15) == 0


def test_sigterm_while_loading_ends_it(start_service: StartService, tmp_path: Path) -> None:
    service = start_service(wait="started", gate=str(tmp_path / "never"))
    service.terminate()
    assert service.process.wait(10) == 0


def test_a_taken_port_is_a_clear_failure(start_service: StartService, small_service: RunningService) -> None:
    second = start_service(wait=None, port=str(small_service.port))
    assert second.process.wait(30) == 1
    reason = second.wait_for("cannot_run")["reason"]
    assert f"127.0.0.1:{small_service.port}" in reason
    assert "Traceback" not in second.log_file.read_text()
    assert small_service.call("ok").dog_probability == 1.0


def test_a_port_that_another_program_listens_on_is_a_clear_failure(start_service: StartService) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        service = start_service(wait=None, port=str(port))
        assert service.process.wait(30) == 1
    assert str(port) in service.wait_for("cannot_run")["reason"]


def test_a_model_that_cannot_be_loaded_is_a_clear_failure(start_service: StartService) -> None:
    service = start_service(wait=None, broken_model="true")
    assert service.process.wait(30) == 1
    assert service.wait_for("cannot_run")["reason"] == "model file not found: nowhere.onnx"


def test_settings_out_of_range_are_refused_by_name(start_service: StartService) -> None:
    service = start_service(wait=None, max_in_flight="0")
    assert service.process.wait(30) == 1
    assert "max_in_flight" in service.log_file.read_text()
