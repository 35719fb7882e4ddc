"""Connections of a real server process end in time, so that clients look for new replicas."""

import time

import grpc

from pawtrait.traits.v1 import traits_pb2, traits_pb2_grpc
from tests.unit.shared.conftest import StartService


def test_a_connection_ends_at_its_age_and_no_call_is_lost(start_service: StartService) -> None:
    service = start_service(max_connection_age="PT0.4S")
    seen: list[grpc.ChannelConnectivity] = []
    with service.channel() as channel:
        channel.subscribe(seen.append, try_to_connect=True)
        stub = traits_pb2_grpc.TraitsServiceStub(channel)
        end = time.monotonic() + 2.5
        calls = 0
        while time.monotonic() < end:
            answer = stub.ClassifyTraits(traits_pb2.ClassifyTraitsRequest(photo=b"ok"), timeout=10)
            assert answer.dog_probability == 1.0
            calls += 1
            time.sleep(0.02)
    assert calls > 20
    assert seen.count(grpc.ChannelConnectivity.READY) >= 3, seen


def test_a_call_outlives_the_age_of_its_connection(start_service: StartService) -> None:
    service = start_service(max_connection_age="PT0.2S")
    assert service.call("await 1.5").dog_probability == 1.0


def test_a_young_connection_stays(start_service: StartService) -> None:
    service = start_service()
    seen: list[grpc.ChannelConnectivity] = []
    with service.channel() as channel:
        channel.subscribe(seen.append, try_to_connect=True)
        stub = traits_pb2_grpc.TraitsServiceStub(channel)
        for _ in range(10):
            stub.ClassifyTraits(traits_pb2.ClassifyTraitsRequest(photo=b"ok"), timeout=10)
            time.sleep(0.1)
    assert seen.count(grpc.ChannelConnectivity.READY) == 1
