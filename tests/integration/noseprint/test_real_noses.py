"""The service with the models that ship, and real photos of noses and of what is none."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cv2
import grpc
import numpy as np
import pytest

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from pawtrait.noseprint.v1 import noseprint_pb2_grpc
from services.noseprint.server import NosePrintServer
from services.noseprint.settings import NosePrintSettings
from shared.interceptors import CallInterceptor
from shared.pictures import decode_picture, encode_jpeg
from shared.storage_settings import StorageSettings
from shared.training.dataset import data_folder
from tests.integration.noseprint.conftest import Service

MODELS = ("nose_detector.onnx", "embedder.onnx", "scoring.json")


@pytest.fixture(scope="module")
def noses() -> dict[str, list[bytes]]:
    """Five photos of each of ten dogs."""
    folder = data_folder() / "nose_photos"
    if not folder.is_dir():
        pytest.skip(f"the photos of noses are not beside the checkout ({data_folder()})")
    return {
        dog.name: [_jpeg(decode_picture(path.read_bytes(), max_side=2048)) for path in sorted(dog.iterdir())]
        for dog in sorted(folder.iterdir())
        if dog.is_dir()
    }


@pytest.fixture
async def real(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    """The service as it ships, with an empty register."""
    settings = NosePrintSettings(database_url=database_url, sweep_every=0)
    missing = [name for name in MODELS if not (settings.model_folder / name).exists()]
    if missing:
        pytest.skip(f"not trained yet: {', '.join(missing)}")
    server = NosePrintServer(settings, StorageSettings(data_dir=tmp_path))
    calls = CallInterceptor(server.name, 64, 60)
    size = ("grpc.max_receive_message_length", settings.max_message_bytes)
    grpc_server = grpc.aio.server(interceptors=[calls], options=[size])
    server.register(grpc_server)
    port = grpc_server.add_insecure_port("127.0.0.1:0")
    await server.load()
    calls.ready = True
    await grpc_server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        context = server._context
        yield Service(noseprint_pb2_grpc.NosePrintServiceStub(channel), tmp_path, context.database, context)
    await grpc_server.stop(0)
    server.close()


async def register(real: Service, photos: list[bytes], number: int, **changes: Any) -> pb.RegisterDogResponse:
    return await real.stub.RegisterDog(
        pb.RegisterDogRequest(
            noses=photos,
            owner=pb.OwnerFacts(name="Hong", phone=f"010-3000-{1000 + number}"),
            dog=pb.DogFacts(name="꿍"),
            **changes,
        ),
        timeout=60,
    )


@pytest.mark.timeout(600)
async def test_dogs_are_registered_found_and_told_apart(real: Service, noses: dict[str, list[bytes]]) -> None:
    """Every dog whose photos pass is found by each of them in another light, and as no other dog."""
    registered: dict[str, str] = {}
    refusals: list[str] = []
    for number, (name, photos) in enumerate(noses.items()):
        try:
            registered[name] = (await register(real, photos, number)).dog.id
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
                raise
            refusals.append(f"{name}: {error.details()}")
    assert len(registered) >= len(noses) / 2, refusals
    found = missed = 0
    for name, photos in noses.items():
        for photo in photos:
            try:
                answer = await real.stub.IdentifyDog(pb.IdentifyDogRequest(nose=_darker(photo)), timeout=60)
            except grpc.aio.AioRpcError:
                continue  # too dark for the quality gate
            if answer.HasField("match"):
                assert answer.match.dog.id == registered.get(name)
                found += 1
                evidence = await real.stub.GetEvidence(pb.GetEvidenceRequest(lookup_id=answer.lookup_id))
                assert evidence.png.startswith(b"\x89PNG")
            elif name in registered:
                missed += 1
    assert found >= 9 * missed, (found, missed)


@pytest.mark.timeout(600)
async def test_the_same_five_photos_again_are_known(real: Service, noses: dict[str, list[bytes]]) -> None:
    for number, photos in enumerate(noses.values()):
        try:
            first = await register(real, photos, number)
        except grpc.aio.AioRpcError:
            continue
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await register(real, [_darker(photo, 0.9) for photo in photos], number + 100)
        assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
        assert first.dog.id
        return
    pytest.fail("no dog of the sample could be registered")


@pytest.mark.timeout(600)
async def test_two_dogs_noses_do_not_go_together(real: Service, noses: dict[str, list[bytes]]) -> None:
    usable = [
        photos
        for photos in noses.values()
        if all(
            each.usable
            for each in await asyncio.gather(
                *(real.stub.CheckNose(pb.CheckNoseRequest(nose=photo), timeout=60) for photo in photos)
            )
        )
    ]
    assert len(usable) >= 2
    mixed = [*usable[0][:3], *usable[1][:2]]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await register(real, mixed, 0)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert await real.rows("dogs") == 0
    assert real.pictures() == []


@pytest.mark.timeout(600)
async def test_what_is_no_nose_is_refused(real: Service, photos_without_dogs: dict[str, Path]) -> None:
    reasons = {}
    for name, path in photos_without_dogs.items():
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await real.stub.IdentifyDog(pb.IdentifyDogRequest(nose=path.read_bytes()), timeout=60)
        reasons[name] = caught.value.code()
    assert set(reasons.values()) == {grpc.StatusCode.INVALID_ARGUMENT}, reasons
    assert await real.rows("lookups") == 0


def _jpeg(image: np.ndarray) -> bytes:
    return encode_jpeg(image, 95)


def _darker(photo: bytes, factor: float = 0.8) -> bytes:
    """The photo in less light, turned a little, and compressed again."""
    image = decode_picture(photo, max_side=2048)
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 3.0, 1.0)
    turned = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    return encode_jpeg(np.asarray(np.clip(turned * factor, 0, 255), np.uint8), 85)
