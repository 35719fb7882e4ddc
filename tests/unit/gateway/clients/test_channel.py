"""What is sent again when a service cannot answer, and what is not."""

from typing import Any

import pytest

from gateway.clients.channel import open_channel
from gateway.clients.facetype import FaceTypeClient
from gateway.clients.noseprint import NosePrintClient
from pawtrait.facetype.v1 import facetype_pb2
from pawtrait.noseprint.v1 import noseprint_pb2
from shared.errors import PawtraitError, Reason
from tests.unit.gateway.conftest import Services
from tests.unit.gateway.nose_answers import DOG_ID
from tests.unit.gateway.nose_requests import TOKEN, register

AWAY = PawtraitError(Reason.SERVICE_UNAVAILABLE, "restarting")
DOG = f"/v1/dogs/{DOG_ID}"


async def test_what_would_not_answer_the_same_is_sent_once(client: Any, services: Services) -> None:
    services.noseprint.fails("DeleteDog", AWAY)
    assert (await client.delete(DOG, headers=TOKEN)).status_code == 503
    assert len(services.noseprint.asked) == 1


async def test_a_finders_message_is_sent_once(client: Any, services: Services) -> None:
    services.noseprint.fails("CreateFoundReport", AWAY)
    report = {"contact_token": "a token", "message": "found", "contact": "me@example.com"}
    assert (await client.post("/v1/found-reports", json=report)).status_code == 503
    assert len(services.noseprint.asked) == 1


async def test_what_only_reads_is_sent_again(client: Any, services: Services) -> None:
    services.noseprint.fails("GetDog", AWAY)
    assert (await client.get(DOG, headers=TOKEN)).status_code == 503
    assert len(services.noseprint.asked) == 3


async def test_a_registration_carries_an_id_and_is_sent_again(client: Any, services: Services) -> None:
    services.noseprint.fails("RegisterDog", AWAY)
    assert (await register(client)).status_code == 503
    ids = {request.request_id for request in services.noseprint.asked}
    assert len(services.noseprint.asked) == 3
    assert len(ids) == 1
    assert ids != {""}


@pytest.mark.parametrize(
    ("once", "contract"),
    [(NosePrintClient.once, noseprint_pb2), (FaceTypeClient.once, facetype_pb2)],
    ids=["noseprint", "facetype"],
)
def test_the_methods_exist(once: tuple[str, ...], contract: Any) -> None:
    (service,) = contract.DESCRIPTOR.services_by_name.values()
    assert set(once) <= {f"{service.full_name}/{method.name}" for method in service.methods}


async def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        open_channel("127.0.0.1:1", 1_000_000, once=("DeleteDog",))
    await open_channel("127.0.0.1:1", 1_000_000, once=("a.Service/Method",)).close()
