"""Errors, admission and deadlines of a real server process."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from tests.unit.shared.conftest import RunningService, StartService, error_info
from tests.unit.shared.small_service import PRIVATE
from tests.waiting import until


class TestErrors:
    def test_the_one_error_type_becomes_a_status_with_its_reason(self, small_service: RunningService) -> None:
        with pytest.raises(grpc.RpcError) as failed:
            small_service.call("no-dog")
        assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert failed.value.details() == "the photo shows no dog"
        info = error_info(failed.value)
        assert info.reason == "NO_DOG_FOUND"
        assert dict(info.metadata) == {"dog_probability": "0.02"}

    def test_what_was_not_foreseen_is_internal_and_tells_nothing(self, small_service: RunningService) -> None:
        with pytest.raises(grpc.RpcError) as failed:
            small_service.call("crash", request_id="crash-1")
        assert failed.value.code() is grpc.StatusCode.INTERNAL
        assert failed.value.details() == "internal error"
        assert error_info(failed.value).reason == "INTERNAL"
        assert PRIVATE not in repr(failed.value.trailing_metadata())
        logged = [line for line in small_service.events("call_failed") if line.get("request_id") == "crash-1"]
        assert PRIVATE in logged[0]["exception"]
        assert small_service.call("ok").dog_probability == 1.0

    def test_an_abort_of_the_method_itself_stands(self, small_service: RunningService) -> None:
        with pytest.raises(grpc.RpcError) as failed:
            small_service.call("abort")
        assert failed.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert failed.value.details() == "aborted by hand"

    def test_bytes_that_are_no_message_are_the_callers_fault(self, small_service: RunningService) -> None:
        with small_service.channel() as channel:
            method = channel.unary_unary("/pawtrait.traits.v1.TraitsService/ClassifyTraits")
            with pytest.raises(grpc.RpcError) as failed:
                method(b"\xff\xff\xff no message", timeout=5)
        assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        info = error_info(failed.value)
        assert info.reason == "INVALID_FIELD"
        assert dict(info.metadata) == {"field": "request"}

    def test_a_message_over_the_limit_is_refused(self, start_service: StartService) -> None:
        service = start_service(max_message_bytes="1000000")
        with pytest.raises(grpc.RpcError) as failed:
            service.call("ok" + " " * 1_100_000)
        assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert service.call("ok" + " " * 900_000).dog_probability == 1.0


class TestAdmission:
    def test_one_more_than_the_limit_is_refused_at_once_and_health_still_answers(
        self, start_service: StartService, tmp_path: Path
    ) -> None:
        service = start_service(max_in_flight="2", workers="2")
        begun = [tmp_path / "a", tmp_path / "b"]
        with ThreadPoolExecutor(2) as callers:
            slow = [callers.submit(service.call, f"sleep 2 {file}") for file in begun]
            until(lambda: all(file.exists() for file in begun))

            with pytest.raises(grpc.RpcError) as refused:
                service.call("ok")
            still_busy = not any(call.done() for call in slow)
            assert service.health("") == "SERVING"

            assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert error_info(refused.value).reason == "SERVICE_UNAVAILABLE"
            assert error_info(refused.value).metadata["service"] == "small"
            assert still_busy, "the refusal had to wait for a place"
            assert all(call.result().dog_probability == 1.0 for call in slow)
        assert service.call("ok").dog_probability == 1.0

    def test_many_at_once_are_answered_or_refused_and_nothing_else(self, start_service: StartService) -> None:
        service = start_service(max_in_flight="4", workers="2")
        barrier = threading.Barrier(24)

        def call() -> str:
            barrier.wait()
            try:
                return f"{service.call('await 0.3').dog_probability}"
            except grpc.RpcError as error:
                return error.code().name

        with ThreadPoolExecutor(24) as callers:
            outcomes = [future.result() for future in [callers.submit(call) for _ in range(24)]]
        assert set(outcomes) <= {"1.0", "RESOURCE_EXHAUSTED"}
        assert outcomes.count("1.0") >= 4

    def test_failures_give_their_place_back(self, start_service: StartService) -> None:
        service = start_service(max_in_flight="1")
        for what in ["crash", "no-dog", "abort"] * 3:
            with pytest.raises(grpc.RpcError) as failed:
                service.call(what)
            assert failed.value.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED
        assert service.call("ok").dog_probability == 1.0


class TestDeadlines:
    def test_a_call_ends_at_its_deadline(self, small_service: RunningService) -> None:
        begun = time.monotonic()
        with pytest.raises(grpc.RpcError) as failed:
            small_service.call("await 10", timeout=0.3)
        assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert time.monotonic() - begun < 5

    def test_work_whose_deadline_passed_in_the_queue_is_not_begun(
        self, start_service: StartService, tmp_path: Path
    ) -> None:
        service = start_service(workers="1")
        first, second, third = (tmp_path / name for name in ("first", "second", "third"))
        with ThreadPoolExecutor(1) as callers:
            slow = callers.submit(service.call, f"sleep 1.5 {first}")
            until(first.exists)
            with pytest.raises(grpc.RpcError) as failed:
                service.call(f"sleep 0 {second}", timeout=0.3)
            assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            assert slow.result().dog_probability == 1.0
        service.call(f"sleep 0 {third}")
        assert third.exists()
        assert not second.exists(), "nobody waited for this any more"

    def test_a_call_without_a_deadline_gets_the_default_one(self, start_service: StartService) -> None:
        service = start_service(default_deadline="PT0.3S")
        with pytest.raises(grpc.RpcError) as failed:
            service.call("await 10", timeout=None)  # type: ignore[arg-type]
        assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        info = error_info(failed.value)
        assert info.reason == "DEADLINE_EXCEEDED"
        assert info.metadata["service"] == "small"

    def test_a_place_is_free_again_after_a_deadline(self, start_service: StartService) -> None:
        service = start_service(max_in_flight="1")
        with pytest.raises(grpc.RpcError):
            service.call("await 10", timeout=0.2)
        until(lambda: service.events("call"))
        assert service.call("ok").dog_probability == 1.0

    def test_a_caller_who_goes_away_frees_the_place(self, start_service: StartService) -> None:
        service = start_service(max_in_flight="1")
        with ThreadPoolExecutor(1) as callers:
            with service.channel() as channel:
                method = channel.unary_unary("/pawtrait.traits.v1.TraitsService/ClassifyTraits")
                leaving = method.future(b"\n\x08await 10", timeout=20)
                callers.submit(time.sleep, 0.3).result()
                leaving.cancel()
            until(lambda: service.events("call"))
        assert service.events("call")[0]["outcome"] == "CANCELLED"
        assert service.call("ok").dog_probability == 1.0

    def test_the_event_loop_stays_free_while_models_work(
        self, small_service: RunningService, tmp_path: Path
    ) -> None:
        file = tmp_path / "begun"
        with ThreadPoolExecutor(1) as callers:
            slow = callers.submit(small_service.call, f"sleep 1.5 {file}")
            until(file.exists)
            assert small_service.health("") == "SERVING"
            assert small_service.call("ok").dog_probability == 1.0
            assert not slow.done()
