"""A small service on the shared runtime, run as a process of its own by the runtime's tests.

It answers ``ClassifyTraits`` of the real contract; what it does is written in the photo's bytes:

- ``ok``: answers with the request id as the breed's id and the working thread's name as its name;
- ``sleep <seconds> <file>``: makes the file, works for so long in a thread, then answers as ``ok`` does;
- ``await <seconds>``: the same on the event loop;
- ``log <event>``: logs the event from the working thread;
- ``no-dog``, ``crash`` and ``abort``: fail with the one error type, with something unforeseen, and by
  way of gRPC's own abort.
"""

import asyncio
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import grpc
from pydantic_settings import SettingsConfigDict

from pawtrait.common.v1 import common_pb2
from pawtrait.traits.v1 import traits_pb2, traits_pb2_grpc
from shared.errors import PawtraitError, Reason
from shared.inference_pool import InferencePool
from shared.request_context import request_id
from shared.server import run
from shared.settings import ServiceSettings
from shared.telemetry import get_logger

PRIVATE = "this machine keeps its papers in /srv/papers"
"""What the crash says; it must stay on this side."""

log = get_logger(__name__)


class SmallSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SMALL_", extra="ignore")

    port: int = 0
    gate: Path | None = None
    """Loading waits until this file exists."""
    broken_model: bool = False


class SmallService(traits_pb2_grpc.TraitsServiceServicer):
    name = "small"
    full_name = traits_pb2.DESCRIPTOR.services_by_name["TraitsService"].full_name

    def __init__(self, settings: SmallSettings) -> None:
        self._settings = settings
        self._pool = InferencePool(settings.workers, self.name)

    def register(self, server: grpc.aio.Server) -> None:
        traits_pb2_grpc.add_TraitsServiceServicer_to_server(self, server)

    async def load(self) -> None:
        if self._settings.broken_model:
            raise FileNotFoundError("model file not found: nowhere.onnx")
        # Polling: another process makes the file.
        while self._settings.gate is not None and not self._settings.gate.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    def models(self) -> Mapping[str, str]:
        return {"small": "7"}

    def close(self) -> None:
        self._pool.close()
        log.info("closed")

    async def ClassifyTraits(  # noqa: N802
        self, request: traits_pb2.ClassifyTraitsRequest, context: grpc.aio.ServicerContext
    ) -> traits_pb2.ClassifyTraitsResponse:
        word, *rest = request.photo.decode().split()
        if word == "await":
            await asyncio.sleep(float(rest[0]))
        if word == "abort":
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "aborted by hand")
        return await self._pool.run(lambda: _work(word, rest), time_left=context.time_remaining())


def _work(word: str, rest: list[str]) -> traits_pb2.ClassifyTraitsResponse:
    if word == "sleep":
        Path(rest[1]).touch()
        time.sleep(float(rest[0]))
    if word == "log":
        log.info(rest[0])
    if word == "no-dog":
        raise PawtraitError(Reason.NO_DOG_FOUND, "the photo shows no dog", {"dog_probability": "0.02"})
    if word == "crash":
        raise RuntimeError(PRIVATE)
    answer = traits_pb2.BreedCandidate(id=request_id.get(), name=threading.current_thread().name)
    return traits_pb2.ClassifyTraitsResponse(
        dog_probability=1.0, breeds=[answer], model=common_pb2.ModelInfo(name="small", version="7")
    )


if __name__ == "__main__":
    settings = SmallSettings()
    run(SmallService(settings), settings)
