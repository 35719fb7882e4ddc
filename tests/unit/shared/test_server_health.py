"""Health and reflection of a real server process."""

from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from shared.health import LIVE
from tests.unit.shared.conftest import RunningService, StartService, error_info

FULL_NAME = "pawtrait.traits.v1.TraitsService"


@pytest.mark.parametrize("name", ["", FULL_NAME])
def test_serves_once_loaded(small_service: RunningService, name: str) -> None:
    assert small_service.health(name) == "SERVING"


def test_health_of_an_unknown_service_is_not_found(small_service: RunningService) -> None:
    with pytest.raises(grpc.RpcError) as failed:
        small_service.health("pawtrait.nobody.v1.NobodyService")
    assert failed.value.code() is grpc.StatusCode.NOT_FOUND


def test_is_not_serving_until_loaded(start_service: StartService, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    service = start_service(wait="started", gate=str(gate))
    assert service.health("") == "NOT_SERVING"
    assert service.health(FULL_NAME) == "NOT_SERVING"
    assert service.health(LIVE) == "SERVING", "it waits, and is not to be restarted for it"

    with pytest.raises(grpc.RpcError) as refused:
        service.call("ok")
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    info = error_info(refused.value)
    assert info.reason == "SERVICE_UNAVAILABLE"
    assert dict(info.metadata) == {"service": "small"}

    gate.touch()
    service.wait_for("serving")
    assert service.health("") == "SERVING"
    assert service.call("ok").dog_probability == 1.0


def test_a_watcher_is_told_about_loading_and_stopping(start_service: StartService, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    service = start_service(wait="started", gate=str(gate))
    with service.channel() as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=20)
        seen = [next(watch).status]
        gate.touch()
        seen.append(next(watch).status)
        service.terminate()
        seen.append(next(watch).status)
    status = health_pb2.HealthCheckResponse
    assert seen == [status.NOT_SERVING, status.SERVING, status.NOT_SERVING]


def test_reflection_lists_the_service_and_health(small_service: RunningService) -> None:
    with small_service.channel() as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        assert set(database.get_services()) == {
            FULL_NAME,
            "grpc.health.v1.Health",
            "grpc.reflection.v1alpha.ServerReflection",
        }


def test_reflection_describes_the_contract(small_service: RunningService) -> None:
    with small_service.channel() as channel:
        file = ProtoReflectionDescriptorDatabase(channel).FindFileContainingSymbol(FULL_NAME)
    assert file.name == "pawtrait/traits/v1/traits.proto"
    assert [method.name for method in file.service[0].method] == ["ClassifyTraits"]


def test_reflection_can_be_turned_off(start_service: StartService) -> None:
    service = start_service(reflection="false")
    with service.channel() as channel, pytest.raises(grpc.RpcError) as failed:
        ProtoReflectionDescriptorDatabase(channel).get_services()
    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert service.health("") == "SERVING"


def test_an_unknown_method_is_unimplemented(small_service: RunningService) -> None:
    with small_service.channel() as channel, pytest.raises(grpc.RpcError) as failed:
        channel.unary_unary(f"/{FULL_NAME}/Nothing")(b"", timeout=5)
    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED
