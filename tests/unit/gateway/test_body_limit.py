"""Bodies are capped before they are read, and while."""

import time
from collections.abc import AsyncIterator, Iterator

import psutil
import pytest

from tests.unit.gateway.conftest import picture

MB = 1_000_000


async def _chunks(size: int, chunk: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, size, chunk):
        yield bytes(min(chunk, size - start))


@pytest.mark.parametrize("path", ["/v1/traits", "/v1/icons/from-photo", "/predict", "/finalImg"])
async def test_a_declared_body_beyond_the_cap(client, path):
    began = time.process_time()
    answer = await client.post(path, files={"photo": ("x.jpg", bytes(25 * MB), "image/jpeg")})
    assert time.process_time() - began < 1
    assert (answer.status_code, answer.json()["reason"]) == (413, "PHOTO_TOO_LARGE")


@pytest.mark.parametrize("path", ["/v1/traits", "/predict"])
async def test_a_body_of_unknown_length_beyond_the_cap(client, path):
    headers = {"content-type": "multipart/form-data; boundary=x"}

    async def body() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="x.jpg"\r\n\r\n'
        async for chunk in _chunks(25 * MB):
            yield chunk

    answer = await client.post(path, content=body(), headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (413, "PHOTO_TOO_LARGE")


async def test_a_length_that_lies(client):
    headers = {"content-type": "application/json", "content-length": "10"}
    answer = await client.post("/v1/icons", content=_chunks(3 * MB), headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (413, "PHOTO_TOO_LARGE")


async def test_json_has_a_smaller_cap(client):
    answer = await client.post("/v1/icons", content=b" " * (2 * MB + 100_000))
    assert answer.status_code == 413
    answer = await client.post("/icon", content=_chunks(3 * MB), headers={"content-type": "application/json"})
    assert answer.status_code == 413


async def test_a_photo_within_the_body_cap_but_beyond_its_own(client):
    content = picture() + bytes(15 * MB + 1 - len(picture()))
    answer = await client.post("/v1/traits", files={"photo": ("x.png", content, "image/png")})
    assert (answer.status_code, answer.json()["reason"]) == (413, "PHOTO_TOO_LARGE")


async def test_a_photo_just_within_the_cap_is_read(client):
    content = picture(2000, 1660, "PNG", compress_level=0)
    assert 9 * MB < len(content) < 15 * MB
    assert (
        await client.post("/v1/traits", files={"photo": ("x.png", content, "image/png")})
    ).status_code == 200


async def test_bodies_without_a_use_are_capped_as_well(client):
    answer = await client.post("/nothing", content=bytes(3 * MB))
    assert answer.status_code == 413


async def test_memory_stays_flat_while_a_stream_is_refused(client):
    headers = {"content-type": "multipart/form-data; boundary=x"}
    process = psutil.Process()
    before = process.memory_info().rss
    peak = before

    async def body() -> AsyncIterator[bytes]:
        nonlocal peak
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="x.jpg"\r\n\r\n'
        for chunk in _blocks(60):
            peak = max(peak, process.memory_info().rss)
            yield chunk

    answer = await client.post("/v1/traits", content=body(), headers=headers)
    assert answer.status_code == 413
    assert peak - before < 40 * MB


def _blocks(megabytes: int) -> Iterator[bytes]:
    for _ in range(megabytes):
        yield bytes(MB)
