"""What the service counts for Prometheus: matches, and refusals by reason."""

import grpc

from pawtrait.noseprint.v1.noseprint_pb2 import IdentifyDogRequest, VerifyDogRequest
from shared.metrics import REGISTRY
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import Service, refused


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_questions_of_identity_are_counted_by_their_answer(service: Service) -> None:
    def answers() -> list[float]:
        return [
            count("pawtrait_matches_total", question=question, answer=answer)
            for question in ("identify", "verify")
            for answer in ("match", "none")
        ]

    before = answers()
    registered = await service.register(1)
    await service.stub.IdentifyDog(IdentifyDogRequest(nose=drawn.photo(1, 30)))
    for stranger in (98, 99):
        await service.stub.IdentifyDog(IdentifyDogRequest(nose=drawn.photo(stranger, 0)))
    await service.stub.VerifyDog(VerifyDogRequest(dog_id=registered.dog.id, nose=drawn.photo(1, 31)))
    await service.stub.VerifyDog(VerifyDogRequest(dog_id=registered.dog.id, nose=drawn.photo(99, 1)))
    assert [after - earlier for after, earlier in zip(answers(), before, strict=True)] == [1, 2, 1, 1]


async def test_a_dog_that_is_there_already_is_counted_by_that_reason(service: Service) -> None:
    labels = {"method": "RegisterDog", "code": "ALREADY_EXISTS", "reason": "ALREADY_REGISTERED"}
    before = count("pawtrait_rpc_total", **labels)
    await service.register(1)
    async with refused(grpc.StatusCode.ALREADY_EXISTS, "ALREADY_REGISTERED"):
        await service.register(1, first=10, phone="010-2222-3333")
    assert count("pawtrait_rpc_total", **labels) - before == 1
