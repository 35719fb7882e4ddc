"""What many callers at once get."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

import httpx

CALLERS = 32
REQUESTS = 200


def measure(url: str, photos: Sequence[bytes]) -> str:
    """200 requests by 32 callers: how many of each status, and how many a second were answered."""
    statuses, seconds = asyncio.run(_run(url, photos))
    counts = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    return (
        f"{REQUESTS} requests by {CALLERS} callers: {counts}; {statuses[200] / seconds:.1f} answered a second"
    )


async def _run(url: str, photos: Sequence[bytes]) -> tuple[Counter[int], float]:
    waiting = list(range(REQUESTS))
    statuses: Counter[int] = Counter()
    limits = httpx.Limits(max_connections=CALLERS)

    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:

        async def caller() -> None:
            while waiting:
                photo = photos[waiting.pop() % len(photos)]
                answer = await client.post("/v1/icons/from-photo", files={"photo": ("dog.jpg", photo)})
                statuses[answer.status_code] += 1

        begun = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        return statuses, time.perf_counter() - begun
