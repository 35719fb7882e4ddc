"""``GET /v1/icons/…``, ``POST /v1/icons`` and ``GET /v1/icons/parts``."""

import asyncio

import pytest

from pawtrait.common.v1 import common_pb2
from pawtrait.icon.v1 import icon_pb2

QUERY = "?ear=up&fur=curly&pattern=points&primary=black&secondary=tan&head=flat&beard=true&size=64"


class TestGet:
    @pytest.mark.parametrize(
        ("extension", "media_type"), [("svg", "image/svg+xml"), ("png", "image/png"), ("webp", "image/webp")]
    )
    async def test_every_format(self, client, extension, media_type):
        answer = await client.get(f"/v1/icons/classic-v1.{extension}{QUERY}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == media_type

    async def test_every_part_reaches_the_service(self, client, services):
        await client.get(f"/v1/icons/classic-v1.png{QUERY}")
        assert services.icon.asked == [
            icon_pb2.ComposeIconRequest(
                style="classic-v1",
                ear=common_pb2.EAR_UP,
                fur=common_pb2.FUR_CURLY,
                pattern=common_pb2.PATTERN_POINTS,
                primary=common_pb2.COLOUR_BLACK,
                secondary=common_pb2.COLOUR_TAN,
                head=common_pb2.HEAD_SHAPE_FLAT,
                beard=True,
                format=icon_pb2.ICON_FORMAT_PNG,
                size=64,
            )
        ]

    async def test_everything_has_a_default(self, client, services):
        assert (await client.get("/v1/icons/classic-v1.png")).status_code == 200
        asked = services.icon.asked[0]
        assert asked.primary == asked.secondary == common_pb2.COLOUR_TAN
        assert (asked.size, asked.beard, asked.store) == (512, False, False)

    async def test_may_be_kept_for_a_year_and_has_a_strong_tag(self, client):
        answer = await client.get(f"/v1/icons/classic-v1.png{QUERY}")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["etag"] == '"' + "ab" * 32 + '"'

    async def test_who_has_it_gets_no_bytes(self, client):
        url = f"/v1/icons/classic-v1.png{QUERY}"
        tag = (await client.get(url)).headers["etag"]
        again = await client.get(url, headers={"if-none-match": f'"other", W/{tag}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert "max-age=31536000" in again.headers["cache-control"]
        assert (await client.get(url, headers={"if-none-match": '"other"'})).status_code == 200

    async def test_head_is_get_without_the_body(self, client):
        answer = await client.head(f"/v1/icons/classic-v1.png{QUERY}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["etag"]

    @pytest.mark.parametrize(
        "path",
        ["no-such-v9.png", "classic-v1.gif", "classic-v1.PNG", "CLASSIC.png", "%00.png", "a%20b.png", ".png"],
    )
    async def test_no_such_style_or_format(self, client, path):
        answer = await client.get(f"/v1/icons/{path}")
        assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("ear=sideways", "ear"),
            ("fur=", "fur"),
            ("pattern=stripes", "pattern"),
            ("primary=blue", "primary"),
            ("secondary=BLACK", "secondary"),
            ("head=square", "head"),
            ("beard=perhaps", "beard"),
            ("size=31", "size"),
            ("size=1025", "size"),
            ("size=big", "size"),
            ("size=1e2", "size"),
            ("size=" + "9" * 5000, "size"),
        ],
    )
    async def test_bad_values_are_named(self, client, services, query, field):
        answer = await client.get(f"/v1/icons/classic-v1.png?{query}")
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")
        assert [fault["field"] for fault in answer.json()["fields"]] == [field]
        assert services.icon.asked == []

    async def test_all_bad_values_at_once(self, client):
        answer = await client.get("/v1/icons/classic-v1.png?ear=x&size=1")
        fields = {fault["field"]: fault["message"] for fault in answer.json()["fields"]}
        assert fields == {"ear": "Use one of: 'up' or 'down'.", "size": "Use a number of at least 32."}

    async def test_the_service_down(self, client, services):
        await services.icon.stop()
        answer = await client.get("/v1/icons/classic-v1.png")
        assert (answer.status_code, answer.json()["service"]) == (503, "icon")

    async def test_a_blip_is_retried(self, client, services):
        from shared.errors import PawtraitError, Reason
        from tests.unit.gateway.conftest import icon_answer

        calls = 0

        def blip(request: icon_pb2.ComposeIconRequest) -> icon_pb2.ComposeIconResponse:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise PawtraitError(Reason.SERVICE_UNAVAILABLE, "restarting")
            return icon_answer(request)

        services.icon.behaviours["ComposeIcon"] = blip
        assert (await client.get("/v1/icons/classic-v1.png")).status_code == 200
        assert calls == 2

    async def test_what_a_caller_got_wrong_is_not_retried(self, client, services):
        assert (await client.get("/v1/icons/no-such-v9.png")).status_code == 404
        assert len(services.icon.asked) == 1


class TestPost:
    async def test_keeps_the_icon_and_says_where(self, client, services):
        answer = await client.post("/v1/icons", json={"ear": "up", "primary": "red", "format": "svg"})
        assert answer.status_code == 200
        body = answer.json()
        assert body.keys() == {"icon", "model", "timings_ms", "request_id"}
        assert body["icon"]["url"].startswith("http://gateway.test/files/icons/")
        assert body["icon"]["format"] == "svg"
        assert body["icon"]["parts"]["secondary"] == "red"
        assert services.icon.asked[0].store

    async def test_an_empty_object_is_the_default_icon(self, client):
        assert (await client.post("/v1/icons", json={})).json()["icon"]["parts"]["ear"] == "down"

    async def test_no_such_style_is_a_bad_field_here(self, client):
        answer = await client.post("/v1/icons", json={"style": "no-such-v9"})
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] == "style"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"ear": "sideways"}, "ear"),
            ({"ears": "up"}, "ears"),
            ({"size": 12.5}, "size"),
            ({"size": None}, "size"),
            ({"beard": "perhaps"}, "beard"),
            ({"style": "../../etc"}, "style"),
            ([], "body"),
            ("text", "body"),
            (None, "body"),
        ],
    )
    async def test_bad_bodies_are_explained(self, client, body, field):
        answer = await client.post("/v1/icons", json=body)
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")
        assert answer.json()["fields"][0]["field"] == field

    @pytest.mark.parametrize("content", [b'{"style": "\\ud800"}', b'{"ear": "\\ud800"}', b'{"\\ud800": 1}'])
    async def test_text_without_utf_8_is_no_accident(self, client, content):
        answer = await client.post("/v1/icons", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"size": ' + b"9" * 10_000 + b"}", b"NaN"]
    )
    async def test_unreadable_bodies_are_explained(self, client, content):
        answer = await client.post("/v1/icons", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")


async def test_parts(client):
    body = (await client.get("/v1/icons/parts")).json()
    assert body["size"] == {"min": 32, "max": 1024, "default": 512}
    assert body["styles"][0]["id"] == "classic-v1"
    assert body["styles"][0]["ear"] == ["up", "down"]
    assert body["styles"][0]["colors"] == {"tan": "#c89b6a"}
    assert body["styles"][0]["formats"] == ["svg", "png"]


async def test_a_service_that_answers_nonsense_is_not_the_callers_fault(client, services, photo):
    from pawtrait.traits.v1 import traits_pb2

    services.traits.behaviours["ClassifyTraits"] = lambda _: traits_pb2.ClassifyTraitsResponse()
    answer = await client.post("/v1/traits", files=photo)
    assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")


async def test_a_service_that_hangs_up_in_mid_call_counts_as_down(client, services):
    started = asyncio.Event()

    async def hang(_request: icon_pb2.ComposeIconRequest) -> icon_pb2.ComposeIconResponse:
        started.set()
        await asyncio.sleep(30)
        raise AssertionError

    services.icon.behaviours["ComposeIcon"] = hang
    asking = asyncio.create_task(client.get("/v1/icons/classic-v1.png"))
    await started.wait()
    await services.icon.stop()
    answer = await asking
    assert (answer.status_code, answer.json()["service"]) == (503, "icon")
