"""Speed of the nose-print service as its gateway meets it: ``python -m tests.bench.noses``.

Starts the service with the models that ship and a database of its own, registers real dogs' noses (five
photos of 2 Mpx each) and looks them up, over gRPC. Prints medians and what each stage takes of them.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import grpc
import numpy as np
import psutil

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from pawtrait.noseprint.v1 import noseprint_pb2_grpc
from shared.database.embedded import EmbeddedPostgres
from shared.launcher.ports import any_free
from shared.pictures import decode_picture, encode_jpeg
from shared.training.dataset import data_folder
from tests.integration.topology import HOST, Server

MEGAPIXELS = 2.0
_VIEWS = 5


def two_megapixels(path: Path) -> bytes:
    """A photo scaled to 2 Mpx, as the gateway would send it."""
    image = decode_picture(path.read_bytes(), max_side=4096)
    height, width = image.shape[:2]
    factor = (MEGAPIXELS * 1e6 / (height * width)) ** 0.5
    size = (round(width * factor), round(height * factor))
    return encode_jpeg(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8), 95)


def dogs() -> list[list[bytes]]:
    """Five photos of each of the sample's dogs."""
    folders = sorted(path for path in (data_folder() / "nose_photos").iterdir() if path.is_dir())
    return [[two_megapixels(path) for path in sorted(folder.iterdir())[:_VIEWS]] for folder in folders]


async def usable(stub: noseprint_pb2_grpc.NosePrintServiceStub, photos: list[bytes]) -> list[bytes]:
    """Five photos that the service accepts, with repetitions; none when it accepts none."""
    checks = [await stub.CheckNose(pb.CheckNoseRequest(nose=photo), timeout=60) for photo in photos]
    passed = [photo for photo, check in zip(photos, checks, strict=True) if check.usable]
    return (passed * _VIEWS)[:_VIEWS]


async def measure(address: str, rounds: int, server: psutil.Process) -> None:
    """Register every dog again and again, each time after deleting it, and look it up in between."""
    options = [("grpc.max_send_message_length", 92_000_000)]
    times: dict[str, list[float]] = defaultdict(list)
    stages: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    processors: dict[str, list[float]] = defaultdict(list)
    refused: dict[str, int] = defaultdict(int)
    async with grpc.aio.insecure_channel(address, options) as channel:
        stub = noseprint_pb2_grpc.NosePrintServiceStub(channel)
        everybody = [five for photos in dogs() if (five := await usable(stub, photos))]
        print(
            f"{len(everybody)} dogs with a usable photo; photos are repeated where there are fewer than five"
        )

        def processor() -> float:
            spent = server.cpu_times()
            return spent.user + spent.system

        def note(call: str, begun: float, spent: float, timings: Sequence[object]) -> None:
            times[call].append((time.perf_counter() - begun) * 1000)
            processors[call].append((processor() - spent) * 1000)
            for timing in timings:
                stages[call][timing.stage].append(timing.milliseconds)  # type: ignore[attr-defined]

        for number in range(rounds):
            for index, noses in enumerate(everybody):
                request = pb.RegisterDogRequest(
                    noses=noses,
                    owner=pb.OwnerFacts(name="Bench", phone=f"010-{2000 + number}-{1000 + index}"),
                    dog=pb.DogFacts(name="Bench"),
                )
                try:
                    begun, spent = time.perf_counter(), processor()
                    answer = await stub.RegisterDog(request, timeout=60)
                except grpc.aio.AioRpcError as error:
                    refused[error.details() or ""] += 1
                    continue
                note("registration", begun, spent, answer.timings)
                for nose in noses[:2]:
                    begun, spent = time.perf_counter(), processor()
                    found = await stub.IdentifyDog(pb.IdentifyDogRequest(nose=nose), timeout=60)
                    note("lookup", begun, spent, found.timings)
                if number < rounds - 1:
                    token = (("authorization", f"Bearer {answer.owner_token}"),)
                    await stub.DeleteDog(pb.DeleteDogRequest(dog_id=answer.dog.id), metadata=token)
    for call, measured in times.items():
        median, slow = statistics.median(measured), statistics.quantiles(measured, n=20)[-1]
        print(f"{call}: median {median:.0f} ms, 95 % within {slow:.0f} ms, of {len(measured)}")
        print(f"  processor time of the service, all threads: {statistics.median(processors[call]):.0f} ms")
        for stage, milliseconds in stages[call].items():
            print(f"  {stage:<10} {statistics.median(milliseconds):7.1f} ms")
    for reason, count in refused.items():
        print(f"refused {count} times: {reason}")
    print("stages of five photos are added up; they are read two at a time")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times that each dog is registered")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "postgres") as postgres:
        port = any_free(HOST, {postgres.port})
        settings = {"NOSEPRINT_PORT": str(port), "DATABASE_URL": postgres.url}
        server = Server("noseprint", "services.noseprint.server", port, Path(folder), settings)
        try:
            server.wait_until_healthy()
            asyncio.run(measure(server.address, arguments.rounds, psutil.Process(server.process.pid)))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
