"""How long photo to icon takes over HTTP, one caller at a time."""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

WARM_UP = 5


def _once(client: httpx.Client, photo: bytes) -> tuple[float, dict[str, float]]:
    begun = time.perf_counter()
    answer = client.post("/v1/icons/from-photo", files={"photo": ("dog.jpg", photo)})
    elapsed = (time.perf_counter() - begun) * 1000
    if answer.status_code != 422:
        # A photo that the network takes for no dog did most of the work all the same.
        answer.raise_for_status()
    return elapsed, answer.json().get("timings_ms", {})


def measure(client: httpx.Client, size: str, photos: Sequence[bytes], rounds: int) -> str:
    """Median and 95th percentile of ``rounds`` requests, and the median of each stage."""
    for photo in photos[:WARM_UP]:
        _once(client, photo)
    times, stages = [], {}
    for number in range(rounds):
        elapsed, parts = _once(client, photos[number % len(photos)])
        times.append(elapsed)
        for stage, milliseconds in parts.items():
            stages.setdefault(stage, []).append(milliseconds)
    detail = ", ".join(f"{stage} {statistics.median(values):.1f}" for stage, values in stages.items())
    kilobytes = statistics.mean(len(photo) for photo in photos) / 1000
    p95 = sorted(times)[int(len(times) * 0.95)]
    return (
        f"photo to icon, {size} JPEG ({kilobytes:.0f} kB): median {statistics.median(times):.1f} ms, "
        f"p95 {p95:.1f} ms over {rounds} requests (stages: {detail})"
    )


def compare(client: httpx.Client, photos: Sequence[bytes], older: "subprocess.Popen[str]") -> str:
    """Each photo through this system and through the older design in turn; the median ratio."""
    ratios, older_times = [], []
    with tempfile.TemporaryDirectory() as folder, older:
        assert older.stdin is not None
        assert older.stdout is not None
        rounds = int(older.stdout.readline().split()[1])
        for number in range(rounds):
            photo = photos[number % len(photos)]
            path = Path(folder) / f"{number}.jpg"
            path.write_bytes(photo)
            here, _ = _once(client, photo)
            older.stdin.write(f"{path}\n")
            older.stdin.flush()
            older_times.append(float(older.stdout.readline()))
            ratios.append(older_times[-1] / here)
        older.stdin.close()
    older_median = f"median {statistics.median(older_times):.0f} ms"
    ratio = f"{statistics.median(ratios):.0f} (from {min(ratios):.0f} to {max(ratios):.0f}, {rounds} pairs)"
    return (
        "older design (three ResNet50 at 300 px, dlib with one upsampling, k-means over the face): "
        f"{older_median}; ratio to this system {ratio}"
    )
