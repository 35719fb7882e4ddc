"""``POST /v1/icons/from-photo``: the fan-out, partial answers, and what the icon is made of."""

import asyncio
import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from pawtrait.common.v1 import common_pb2
from pawtrait.icon.v1 import icon_pb2
from shared.errors import ErrorKind, PawtraitError, Reason
from tests.unit.gateway.conftest import BOX, colours_answer, heads_answer, picture

PATH = "/v1/icons/from-photo"
FULL = PawtraitError(Reason.SERVICE_UNAVAILABLE, "full", kind=ErrorKind.FULL)
NO_DOG = PawtraitError(Reason.NO_DOG_FOUND, "no dog")


class TestWhole:
    async def test_answers_in_the_shapes_of_the_design(self, client, photo):
        answer = await client.post(PATH, files=photo)
        assert answer.status_code == 200
        body = answer.json()
        assert body.keys() == {
            "icon", "traits", "face_colors", "partial", "model", "timings_ms", "request_id"
        }  # fmt: skip
        assert body["partial"] == []
        assert body["icon"]["url"] == "http://gateway.test/files/icons/classic-v1/abab.png"
        assert (body["icon"]["format"], body["icon"]["size"]) == ("png", 512)
        assert body["traits"]["dog"] == {"probability": 0.998, "count": 1}
        assert [breed["id"] for breed in body["traits"]["breed"]["top"]][:2] == ["border_collie", "collie"]
        assert body["traits"]["ear"] == {"value": "up", "probability": 0.93}
        assert body["face_colors"]["head_box"] == {
            "x_min": 0.2, "y_min": 0.1, "x_max": 0.6, "y_max": 0.55, "confidence": 0.94
        }  # fmt: skip
        assert body["face_colors"]["primary"]["name"] == "black"
        assert body["face_colors"]["secondary"]["hex"] == "#e9e5df"
        assert body["model"]["traits"] == {"name": "traits-canned", "version": "7"}
        assert set(body["model"]) == {"heads", "traits", "face_colors", "icon"}
        assert body["timings_ms"]["traits.classify"] == 3.5
        assert body["timings_ms"]["total"] >= body["timings_ms"]["traits"]
        assert body["request_id"] == answer.headers["x-request-id"]

    async def test_one_head_box_serves_the_whole_request(self, client, photo, services):
        await client.post(PATH, files=photo)
        heads, colours = services.facecolor.asked
        (classify,) = services.traits.asked
        assert classify.head == colours.head == BOX
        assert heads.photo == classify.photo == colours.photo

    async def test_the_icon_is_made_of_what_was_read(self, client, photo, services):
        body = (await client.post(PATH, files=photo, data={"size": "64", "format": "webp"})).json()
        (asked,) = services.icon.asked
        assert asked == icon_pb2.ComposeIconRequest(
            ear=common_pb2.EAR_UP,
            fur=common_pb2.FUR_LONG,
            pattern=common_pb2.PATTERN_BLAZE,
            primary=common_pb2.COLOUR_BLACK,
            secondary=common_pb2.COLOUR_WHITE,
            head=common_pb2.HEAD_SHAPE_LONG,
            beard=True,
            format=icon_pb2.ICON_FORMAT_WEBP,
            size=64,
            store=True,
        )
        assert body["icon"]["parts"] == {
            "style": "classic-v1", "ear": "up", "fur": "long", "pattern": "blaze",
            "primary": "black", "secondary": "white", "head": "long", "beard": True,
        }  # fmt: skip

    async def test_a_pattern_without_a_named_colour_takes_its_usual_one(self, client, photo, services):
        plain = colours_answer()
        plain.ClearField("secondary")
        services.facecolor.behaviours["DetectFaceColor"] = lambda _: plain
        body = (await client.post(PATH, files=photo)).json()
        assert body["face_colors"]["secondary"] is None
        assert body["icon"]["parts"]["pattern"] == "blaze"
        assert body["icon"]["parts"]["secondary"] == "white"

    async def test_traits_and_colours_are_asked_side_by_side(self, client, photo, services):
        arrived: list[str] = []
        both = asyncio.Event()

        def meet(name: str, answer: Any) -> Any:
            async def wait(_request: Any) -> Any:
                arrived.append(name)
                if len(arrived) == 2:
                    both.set()
                await asyncio.wait_for(both.wait(), 2)
                return answer

            return wait

        from tests.unit.gateway.conftest import traits_answer

        services.traits.behaviours["ClassifyTraits"] = meet("traits", traits_answer())
        services.facecolor.behaviours["DetectFaceColor"] = meet("colours", colours_answer())
        assert (await client.post(PATH, files=photo)).status_code == 200

    async def test_several_dogs_are_counted_and_the_largest_is_read(self, client, photo, services):
        services.facecolor.behaviours["DetectHeads"] = lambda _: heads_answer(2)
        body = (await client.post(PATH, files=photo)).json()
        assert body["traits"]["dog"]["count"] == 2
        assert body["face_colors"]["head_box"]["x_min"] == 0.2

    async def test_a_dog_without_a_head_is_read_from_the_middle_and_says_so(self, client, photo, services):
        services.facecolor.behaviours["DetectHeads"] = lambda _: heads_answer(0)
        body = (await client.post(PATH, files=photo)).json()
        assert body["face_colors"]["head_box"] is None
        assert body["traits"]["dog"]["count"] == 1
        assert not services.traits.asked[0].HasField("head")
        assert services.facecolor.asked[1].head.x_min == pytest.approx(0.25)


class TestBytes:
    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [("image/*", "image/png"), ("image/webp", "image/webp"), ("image/svg+xml", "image/svg+xml")],
    )
    async def test_a_caller_who_accepts_pictures_gets_one(self, client, photo, accept, media_type):
        answer = await client.post(PATH, files=photo, headers={"accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == media_type
        assert answer.headers["content-location"].endswith("/files/icons/classic-v1/abab.png")
        assert answer.content.startswith(b"icon of ")

    async def test_the_format_field_wins(self, client, photo):
        answer = await client.post(PATH, files=photo, data={"format": "webp"}, headers={"accept": "image/*"})
        assert answer.headers["content-type"] == "image/webp"

    async def test_errors_stay_problems(self, client, photo, services):
        services.traits.fails("ClassifyTraits", NO_DOG)
        answer = await client.post(PATH, files=photo, headers={"accept": "image/*"})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"

    async def test_without_the_icon_service_there_is_no_picture_to_give(self, client, photo, services):
        await services.icon.stop()
        answer = await client.post(PATH, files=photo, headers={"accept": "image/*"})
        assert answer.status_code == 503
        assert answer.json()["service"] == "icon"

    async def test_a_partial_picture_says_what_is_missing(self, client, photo, services):
        await services.traits.stop()
        answer = await client.post(PATH, files=photo, headers={"accept": "image/*"})
        assert answer.status_code == 200
        assert answer.headers["x-partial"] == "traits"


class TestPartial:
    async def test_traits_down(self, client, photo, services):
        await services.traits.stop()
        body = (await client.post(PATH, files=photo)).json()
        assert body["partial"] == ["traits"]
        assert body["traits"] is None
        assert body["face_colors"]["primary"]["name"] == "black"
        assert body["icon"]["parts"]["primary"] == "black"
        assert body["icon"]["parts"]["ear"] == "down"

    async def test_face_colours_down_reads_traits_from_the_whole_photo(self, client, photo, services):
        await services.facecolor.stop()
        body = (await client.post(PATH, files=photo)).json()
        assert body["partial"] == ["facecolor"]
        assert body["face_colors"] is None
        assert body["traits"]["breed"]["top"][0]["id"] == "border_collie"
        assert body["icon"]["parts"]["ear"] == "up"
        assert not services.traits.asked[0].HasField("head")

    async def test_icon_down(self, client, photo, services):
        await services.icon.stop()
        body = (await client.post(PATH, files=photo)).json()
        assert body["partial"] == ["icon"]
        assert body["icon"] is None
        assert body["traits"]["ear"]["value"] == "up"

    async def test_two_down(self, client, photo, services):
        await services.icon.stop()
        await services.facecolor.stop()
        body = (await client.post(PATH, files=photo)).json()
        assert body["partial"] == ["facecolor", "icon"]
        assert body["traits"]["ear"]["value"] == "up"

    async def test_all_down(self, client, photo, services):
        for service in (services.traits, services.facecolor, services.icon):
            await service.stop()
        answer = await client.post(PATH, files=photo)
        assert answer.status_code == 503
        assert answer.json()["reason"] == "SERVICE_UNAVAILABLE"
        assert int(answer.headers["retry-after"]) >= 1

    async def test_a_starting_service_counts_as_down(self, client, photo, services):
        services.traits.fails("ClassifyTraits", PawtraitError(Reason.SERVICE_UNAVAILABLE, "starting"))
        assert (await client.post(PATH, files=photo)).json()["partial"] == ["traits"]

    async def test_without_traits_and_without_a_head_nothing_says_dog(self, client, photo, services):
        await services.traits.stop()
        services.facecolor.behaviours["DetectHeads"] = lambda _: heads_answer(0)
        answer = await client.post(PATH, files=photo)
        assert answer.status_code == 503
        assert answer.json()["service"] == "traits"

    async def test_a_service_that_comes_back_is_found_again(self, client, photo, services):
        import grpc

        from pawtrait.icon.v1 import icon_pb2_grpc
        from tests.unit.gateway.conftest import _method

        port = services.icon.port
        await services.icon.stop()
        assert (await client.post(PATH, files=photo)).json()["partial"] == ["icon"]
        servicer = type(
            "Back",
            (icon_pb2_grpc.IconServiceServicer,),
            {"ComposeIcon": _method(services.icon, "ComposeIcon")},
        )()
        server = grpc.aio.server()
        icon_pb2_grpc.add_IconServiceServicer_to_server(servicer, server)
        assert server.add_insecure_port(f"127.0.0.1:{port}") == port
        await server.start()
        try:
            for _ in range(50):
                partial = (await client.post(PATH, files=photo)).json()["partial"]
                if not partial:
                    break
                await asyncio.sleep(0.1)
            assert partial == []
        finally:
            await server.stop(0)


class TestNeverPartialBecauseOfLoad:
    @pytest.mark.parametrize(
        ("service", "method"),
        [
            ("traits", "ClassifyTraits"),
            ("facecolor", "DetectHeads"),
            ("facecolor", "DetectFaceColor"),
            ("icon", "ComposeIcon"),
        ],
    )
    async def test_a_full_service_fails_the_request(self, client, photo, services, service, method):
        getattr(services, service).fails(method, FULL)
        answer = await client.post(PATH, files=photo)
        assert answer.status_code == 503
        assert answer.json()["service"] == service
        assert "retry-after" in answer.headers

    @pytest.mark.parametrize(
        ("service", "method"),
        [
            ("traits", "ClassifyTraits"),
            ("facecolor", "DetectHeads"),
            ("facecolor", "DetectFaceColor"),
            ("icon", "ComposeIcon"),
        ],
    )
    async def test_a_slow_service_fails_the_request_in_time(
        self, open_gateway, photo, services, service, method
    ):
        async def sleep(_request: Any) -> Any:
            await asyncio.sleep(30)

        getattr(services, service).behaviours[method] = sleep
        async with open_gateway(deadline=timedelta(seconds=0.4)) as client:
            began = asyncio.get_running_loop().time()
            answer = await client.post(PATH, files=photo)
            assert asyncio.get_running_loop().time() - began < 2
        assert answer.status_code == 504
        assert answer.json()["reason"] == "DEADLINE_EXCEEDED"

    async def test_a_full_service_is_asked_once(self, client, photo, services):
        services.traits.fails("ClassifyTraits", FULL)
        await client.post(PATH, files=photo)
        assert len(services.traits.asked) == 1


class TestNoDog:
    async def test_traits_decide_even_when_a_head_was_found(self, client, photo, services):
        services.traits.fails("ClassifyTraits", NO_DOG)
        answer = await client.post(PATH, files=photo)
        assert answer.status_code == 422
        assert answer.json()["reason"] == "NO_DOG_FOUND"
        assert services.icon.asked == []

    async def test_no_dog_outweighs_a_failure_beside_it(self, client, photo, services):
        services.traits.fails("ClassifyTraits", NO_DOG)
        services.facecolor.fails("DetectFaceColor", PawtraitError(Reason.NO_DOG_FOUND, "no face"))
        assert (await client.post(PATH, files=photo)).status_code == 422


class TestOneDeadline:
    async def test_every_call_gets_what_is_left(self, open_gateway, photo, services):
        async def slow(_request: Any) -> Any:
            await asyncio.sleep(0.3)
            return heads_answer()

        services.facecolor.behaviours["DetectHeads"] = slow
        async with open_gateway(deadline=timedelta(seconds=3)) as client:
            assert (await client.post(PATH, files=photo)).status_code == 200
        first, colours = services.facecolor.deadlines
        assert first <= 3
        for later in (colours, *services.traits.deadlines, *services.icon.deadlines):
            assert later <= first - 0.25

    async def test_the_request_id_reaches_every_service(self, client, photo, services):
        await client.post(PATH, files=photo, headers={"x-request-id": "walk-42"})
        for service in (services.traits, services.facecolor, services.icon):
            assert {metadata["x-request-id"] for metadata in service.metadata} == {"walk-42"}


class TestPhotoHygiene:
    async def test_services_get_a_small_clean_upright_jpeg(self, client, services):
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by 90 degrees
        exif[0x010F] = "Secret Camera"
        big = picture(2400, 1200, "JPEG", exif=exif)
        answer = await client.post(PATH, files={"photo": ("x.jpg", big, "image/jpeg")})
        assert answer.status_code == 200
        sent = services.traits.asked[0].photo
        assert b"Secret Camera" not in sent
        with Image.open(io.BytesIO(sent)) as image:
            assert image.format == "JPEG"
            assert image.size == (512, 1024)
            assert not image.getexif()

    async def test_the_type_is_told_by_content_not_by_name(self, client, services):
        sent = {"photo": ("dog.txt", picture(kind="WEBP"), "text/plain")}
        assert (await client.post(PATH, files=sent)).status_code == 200
        lying = {"photo": ("dog.jpg", b"GIF89a" + bytes(200), "image/jpeg")}
        answer = await client.post(PATH, files=lying)
        assert (answer.status_code, answer.json()["reason"]) == (415, "NOT_AN_IMAGE")
        assert len(services.traits.asked) == 1


class TestAStoreBehindTheIconService:
    """It cannot keep the icon; what the photo shows is told all the same."""

    @pytest.mark.parametrize(
        ("error", "retry_after"),
        [
            (
                PawtraitError(Reason.STORAGE_FULL, "no room", {"service": "storage", "retry_after": "60"}),
                "60",
            ),
            (PawtraitError(Reason.SERVICE_UNAVAILABLE, "away", {"service": "storage"}), "2"),
        ],
        ids=["full", "away"],
    )
    async def test_makes_the_answer_partial_and_is_asked_once(
        self, client, photo, services, error, retry_after
    ):
        services.icon.fails("ComposeIcon", error)
        body = (await client.post(PATH, files=photo)).json()
        assert (body["partial"], body["icon"]) == (["icon"], None)
        assert body["traits"]["breed"]
        assert body["face_colors"]["primary"]
        assert len(services.icon.asked) == 1, "the channel does not repeat what waited for the store"
        answer = await client.post(PATH, files=photo, headers={"Accept": "image/png"})
        assert (answer.status_code, answer.json()["reason"]) == (503, error.reason.value)
        assert answer.json()["service"] == "storage"
        assert answer.headers["retry-after"] == retry_after
