"""What happens at four times the capacity: ``python -m tests.bench.saturation``.

First as many callers as the gateway has places ask one after another (photo to icon): that is the peak. Then
photos arrive at four times that rate from a process of its own, whether the ones before were answered or not.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import httpx

from gateway.settings import GatewaySettings
from shared.launcher.system import running_system
from tests.bench.photos import bench_photos

OVERLOAD = 4.0
PATH = "/v1/icons/from-photo"


@dataclass
class Seen:
    """Answers of one phase."""

    answered: float
    """200s a second."""
    p50: float
    p99: float
    """Seconds that a 200 took, at the median and the 99th percentile."""
    statuses: dict[str, int]
    without_retry_after: int


class Phase:
    """Collects the answers of one phase."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._statuses: Counter[str] = Counter()
        self._without = 0

    async def ask(self, client: httpx.AsyncClient, photo: bytes) -> None:
        """One photo."""
        begun = time.perf_counter()
        try:
            answer = await client.post(PATH, files={"photo": ("dog.jpg", photo)})
        except httpx.HTTPError as error:
            self._statuses[type(error).__name__] += 1
            return
        self._statuses[str(answer.status_code)] += 1
        if answer.status_code == httpx.codes.OK:
            self._times.append(time.perf_counter() - begun)
        elif "retry-after" not in answer.headers:
            self._without += 1

    def seen(self, seconds: float) -> Seen:
        """The figures."""
        times = sorted(self._times) or [float("nan")]
        return Seen(
            len(self._times) / seconds,
            times[len(times) // 2],
            times[min(int(len(times) * 0.99), len(times) - 1)],
            dict(self._statuses),
            self._without,
        )


async def peak(url: str, photos: Sequence[bytes], callers: int, seconds: float) -> Seen:
    """``callers`` ask one after another."""
    phase, ends = Phase(), time.perf_counter() + seconds

    async def caller(number: int) -> None:
        while time.perf_counter() < ends:
            await phase.ask(client, photos[number % len(photos)])

    async with _client(url) as client:
        begun = time.perf_counter()
        await asyncio.gather(*(caller(number) for number in range(callers)))
        return phase.seen(time.perf_counter() - begun)


async def arrivals(url: str, photos: Sequence[bytes], rate: float, seconds: float) -> Seen:
    """Photos arrive ``rate`` times a second."""
    phase, waiting = Phase(), []
    async with _client(url) as client:
        begun = time.perf_counter()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(begun + number / rate - time.perf_counter(), 0))
            waiting.append(asyncio.ensure_future(phase.ask(client, photos[number % len(photos)])))
        lasted = time.perf_counter() - begun
        await asyncio.gather(*waiting)
        return phase.seen(max(lasted, seconds))


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=None))


def _apart(url: str, rate: float, seconds: float) -> Seen:
    """The arrivals from another process, so that making them does not slow the measuring down."""
    words = [sys.executable, "-m", "tests.bench.saturation", "--arrivals", url, str(rate), str(seconds)]
    return Seen(**json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each phase")
    parser.add_argument("--arrivals", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    photos = bench_photos()["1 Mpx"]
    if arguments.arrivals:
        url, rate, seconds = arguments.arrivals
        print(json.dumps(asdict(asyncio.run(arrivals(url, photos, float(rate), float(seconds))))))
        return
    settings = GatewaySettings()
    callers = settings.photos_in_progress + settings.photos_waiting
    with running_system() as system:
        asyncio.run(peak(system.url, photos, 4, 5.0))
        best = asyncio.run(peak(system.url, photos, callers, arguments.seconds))
        flooded = _apart(system.url, OVERLOAD * best.answered, arguments.seconds)
    for name, seen in ((f"peak, {callers} callers", best), (f"{OVERLOAD:g} × that rate", flooded)):
        print(
            f"{name}: {seen.answered:.1f} answered a second, median {seen.p50:.2f} s, p99 {seen.p99:.2f} s,"
            f" {seen.statuses}, {seen.without_retry_after} refusals without Retry-After"
        )
    print(
        f"throughput {100 * flooded.answered / best.answered:.0f} % of the peak,"
        f" p99 {flooded.p99 / best.p99:.2f} × the peak's"
    )


if __name__ == "__main__":
    main()
