"""The service with its own networks, a real PostgreSQL and real object storage."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from PIL import Image

from pawtrait.facetype.v1 import facetype_pb2 as pb
from pawtrait.facetype.v1 import facetype_pb2_grpc
from services.facetype.analyser import FaceAnalyser
from services.facetype.catalogue import Catalogue, load_catalogue
from services.facetype.context import Analyser, ServiceContext
from services.facetype.face import Outcome
from services.facetype.profiles import objects
from services.facetype.server import FaceTypeServer
from services.facetype.settings import FaceTypeSettings
from services.facetype.sweeper import Sweeper
from shared.errors import Reason
from shared.grpc_status import from_rpc_error
from shared.interceptors import CallInterceptor
from shared.pictures import decode_picture
from shared.storage_settings import StorageSettings
from shared.training.dataset import Split, data_folder, split_of
from tests.conftest import PORTRAITS
from tests.facetype_system import BORN, MBTI, database_url

__all__ = ["database_url"]

INVALID = grpc.StatusCode.INVALID_ARGUMENT
ACCEPTED = "cream_long"
"""The painted portrait that looks most like a photo."""


@cache
def analyser_that_ships() -> FaceAnalyser:
    """The networks of the built-in catalogue, loaded once."""
    loaded = FaceAnalyser(load_catalogue(FaceTypeSettings().catalogue), 1)
    loaded.warm_up()
    return loaded


@cache
def accepted() -> bytes:
    """A photo that the gate takes for what it is: one whole face, turned to the camera.

    A painted portrait, :data:`ACCEPTED` before the others; where the networks take none of them for a face, a
    real photo of a dog that they were not trained on.
    """
    painted = [PORTRAITS / f"{ACCEPTED}.jpg", *sorted(PORTRAITS.glob("*.jpg"))]
    real = sorted((data_folder() / "stanford_dogs_500").glob("*.webp"))
    for path in (*painted, *(path for path in real if split_of(path) is Split.VALIDATION)):
        photo = path.read_bytes()
        if analyser_that_ships().analyse(decode_picture(photo, max_side=1024)).outcome is Outcome.OK:
            return photo
    pytest.skip("the networks take no painted portrait for a face, and there is no real photo")


def portrait() -> bytes:
    """A photo with a face that is accepted."""
    return accepted()


def jpeg(pixels: np.ndarray) -> bytes:
    """A picture as a JPEG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=92)
    return file.getvalue()


def pixels_of(photo: bytes) -> np.ndarray:
    """(height, width, 3) uint8."""
    with Image.open(io.BytesIO(photo)) as image:
        return np.asarray(image.convert("RGB"))


def request(photo: bytes | None = None, **fields: Any) -> pb.CreateProfileRequest:
    """A call to make a profile."""
    wanted = {"photo": photo or portrait(), "birth_date": BORN.isoformat(), "mbti": MBTI, **fields}
    return pb.CreateProfileRequest(**wanted)


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """Metadata of the holder of a token."""
    return (("authorization", f"Bearer {token}"),)


@dataclass
class Service:
    """The service in this process, called over a real socket."""

    stub: facetype_pb2_grpc.FaceTypeServiceStub
    context: ServiceContext

    async def create(self, photo: bytes | None = None, **fields: Any) -> pb.CreateProfileResponse:
        """Make a profile."""
        return await self.stub.CreateProfile(request(photo, **fields), timeout=60)

    def sweeper(self, **changes: Any) -> Sweeper:
        """A sweeper of other settings."""
        settings = self.context.settings.model_copy(update=changes)
        return Sweeper(self.context.database, self.context.storage, settings)

    async def rows(self, table: str = "profiles") -> int:
        """How many rows a table has."""
        async with self.context.database.connection() as connection:
            return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608

    def kept(self) -> set[str]:
        """Keys of all photos and cards."""
        return {key for prefix in objects.PREFIXES for key in self.context.storage.list(prefix)}


@pytest.fixture(scope="session")
def analyser() -> FaceAnalyser:
    """The networks of the built-in catalogue."""
    return analyser_that_ships()


class Server(FaceTypeServer):
    """The service, its networks loaded already."""

    def __init__(self, settings: FaceTypeSettings, storage: StorageSettings, analyser: Analyser) -> None:
        super().__init__(settings, storage)
        self._analyser = analyser

    def open_analyser(self, catalogue: Catalogue) -> Analyser:
        """The analyser."""
        return self._analyser


@pytest.fixture
async def service(database_url: str, tmp_path: Path, analyser: FaceAnalyser) -> AsyncIterator[Service]:
    """A service with nothing stored."""
    settings = FaceTypeSettings(database_url=database_url, sweep_every=timedelta(0))
    server = Server(settings, StorageSettings(data_dir=tmp_path / "data"), analyser)
    calls = CallInterceptor(server.name, 16, 30)
    grpc_server = grpc.aio.server(
        interceptors=[calls], options=[("grpc.max_receive_message_length", settings.max_message_bytes)]
    )
    server.register(grpc_server)
    port = grpc_server.add_insecure_port("127.0.0.1:0")
    await server.load()
    calls.ready = True
    await grpc_server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Service(facetype_pb2_grpc.FaceTypeServiceStub(channel), server._context)
    await grpc_server.stop(0)
    server.close()


@asynccontextmanager
async def refused(code: grpc.StatusCode, reason: Reason) -> AsyncIterator[dict[str, str]]:
    """Sees that the body is refused like that; afterwards holds the error's metadata."""
    metadata: dict[str, str] = {}
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        yield metadata
    error = from_rpc_error(caught.value, "facetype")
    assert (caught.value.code(), error.reason) == (code, reason), caught.value.details()
    metadata.update(error.metadata)
