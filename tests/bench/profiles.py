"""How long making a profile takes over HTTP, card included, one caller at a time."""

import statistics
import time
from collections import defaultdict
from collections.abc import Sequence

import httpx

FIELDS = {"birth_date": "2001-05-03", "mbti": "ENFP", "language": "ko"}
WARM_UP = 3


def measure(client: httpx.Client, size: str, photos: Sequence[bytes], rounds: int) -> str:
    """Median and 95th percentile of ``rounds`` profiles, and the median of each stage.

    Only photos that are not refused are timed: a refusal does the smaller part of the work.
    """
    accepted = [photo for photo in photos if _is_accepted(client, photo)]
    if not accepted:
        return f"profile, {size} JPEG: not measured, all {len(photos)} photos are refused"
    for photo in accepted[:WARM_UP]:
        _once(client, photo)
    times: list[float] = []
    stages: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        elapsed, parts = _once(client, accepted[number % len(accepted)])
        times.append(elapsed)
        for stage, milliseconds in parts.items():
            stages[stage].append(milliseconds)
    detail = ", ".join(f"{stage} {statistics.median(values):.1f}" for stage, values in stages.items())
    return (
        f"profile with icon and two cards, {size} JPEG: median {statistics.median(times):.1f} ms, "
        f"p95 {sorted(times)[int(len(times) * 0.95)]:.1f} ms over {rounds} requests, "
        f"{len(accepted)} of {len(photos)} photos accepted (stages: {detail})"
    )


def _is_accepted(client: httpx.Client, photo: bytes) -> bool:
    answer = client.post("/v1/faces/analyze", files={"photo": ("dog.jpg", photo)})
    return bool(answer.raise_for_status().json()["outcome"] == "OK")


def _once(client: httpx.Client, photo: bytes) -> tuple[float, dict[str, float]]:
    begun = time.perf_counter()
    answer = client.post("/v1/profiles", data=FIELDS, files={"photo": ("dog.jpg", photo)})
    elapsed = (time.perf_counter() - begun) * 1000
    made = answer.raise_for_status().json()
    client.delete(
        f"/v1/profiles/{made['profile']['id']}", headers={"Authorization": f"Bearer {made['token']}"}
    ).raise_for_status()
    return elapsed, made["timings_ms"]
