"""Callers who hang up are worked for no longer."""

import asyncio
from typing import Any

import pytest

from gateway.middleware.disconnect import StopWhenGone
from tests.unit.gateway.conftest import picture

SCOPE = {"type": "http", "method": "POST", "path": "/"}


class Line:
    """One end of an HTTP connection: what arrives, and what was sent back."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.arriving: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        for message in messages:
            self.arriving.put_nowait(message)
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        return await self.arriving.get()

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    def hang_up(self) -> None:
        self.arriving.put_nowait({"type": "http.disconnect"})


BODY = {"type": "http.request", "body": b"x", "more_body": False}


async def test_work_ends_when_the_caller_hangs_up():
    line, outcome = Line(BODY), []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        line.hang_up()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            outcome.append("cancelled")
            raise

    await asyncio.wait_for(StopWhenGone(app)(SCOPE, line.receive, line.send), 2)
    assert outcome == ["cancelled"]
    assert line.sent == []


async def test_an_answer_goes_out_to_who_waits():
    line = Line(BODY)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["body"] == b"x"
        await send({"type": "http.response.start", "status": 200})

    await StopWhenGone(app)(SCOPE, line.receive, line.send)
    assert line.sent == [{"type": "http.response.start", "status": 200}]


async def test_what_is_left_after_the_answer_is_not_cut_short():
    line, outcome = Line(BODY), []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"x"})
        line.hang_up()  # as servers say it of every request that was answered
        await asyncio.sleep(0.05)
        outcome.append("tidied up")

    await StopWhenGone(app)(SCOPE, line.receive, line.send)
    assert outcome == ["tidied up"]


async def test_a_body_in_pieces_arrives_whole():
    line = Line(*({"type": "http.request", "body": b"x", "more_body": more} for more in (True, True, False)))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"body": [(await receive())["body"] for _ in range(3)]})

    await StopWhenGone(app)(SCOPE, line.receive, line.send)
    assert line.sent == [{"body": [b"x"] * 3}]


async def test_hanging_up_within_the_body_is_seen_by_its_reader():
    line = Line({"type": "http.request", "body": b"x", "more_body": True})
    line.hang_up()
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend([(await receive())["type"], (await receive())["type"]])

    await StopWhenGone(app)(SCOPE, line.receive, line.send)
    assert seen == ["http.request", "http.disconnect"]


async def test_failures_pass_through():
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("boom")

    line = Line(BODY)
    with pytest.raises(ValueError, match="boom"):
        await StopWhenGone(app)(SCOPE, line.receive, line.send)


async def test_the_place_at_work_is_free_and_the_service_is_told(client, services):
    asked, told = asyncio.Event(), asyncio.Event()

    async def hang(_request: Any) -> Any:
        asked.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            told.set()
            raise

    services.traits.behaviours["ClassifyTraits"] = hang
    app, line = client.app, Line()
    request = client.build_request("POST", "/v1/traits", files={"photo": ("a.png", picture(), "image/png")})
    line.arriving.put_nowait({"type": "http.request", "body": request.read(), "more_body": False})
    headers = [(name.lower(), value) for name, value in request.headers.raw]
    scope = {
        "type": "http", "method": "POST", "path": "/v1/traits", "raw_path": b"/v1/traits",
        "query_string": b"", "root_path": "", "headers": headers, "scheme": "http",
    }  # fmt: skip
    calling = asyncio.create_task(app(scope, line.receive, line.send))
    await asyncio.wait_for(asked.wait(), 5)
    assert app.state.gateway.admission.in_progress == 1
    line.hang_up()
    await asyncio.wait_for(calling, 5)
    await asyncio.wait_for(told.wait(), 5)
    assert app.state.gateway.admission.in_progress == 0
    assert line.sent == []
    metrics = (await client.get("/metrics")).text
    assert 'requests_total{method="POST",route="/v1/traits",status="499"} 1.0' in metrics
    assert (
        'service_call_seconds_count{method="ClassifyTraits",outcome="CANCELLED",service="traits"}' in metrics
    )
