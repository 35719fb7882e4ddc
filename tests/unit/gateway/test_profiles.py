"""Profiles: forms, checks, the icon on the way, statuses and shapes. What the service says is canned here."""

import asyncio
import base64
import io
import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from shared.errors import ErrorKind, PawtraitError, Reason
from tests.unit.gateway.conftest import picture
from tests.unit.gateway.face_answers import EXAMPLE, PROFILE_ID, SHARE_ID, TOKEN

FIELDS = {"birth_date": "2001-05-03", "mbti": "ENFP"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PROBLEM = "application/problem+json"


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def files(content: bytes | None = None) -> dict[str, Any]:
    return {"photo": ("dog.png", picture() if content is None else content, "image/png")}


async def post(client: Any, data: dict[str, Any] | None = None, **more: Any) -> Any:
    return await client.post("/v1/profiles", data={**FIELDS, **(data or {})}, files=files(), **more)


async def post_json(client: Any, **changes: Any) -> Any:
    body = {"photo": encoded(picture()), **FIELDS, **changes}
    return await client.post(
        "/v1/profiles", json={name: value for name, value in body.items() if value is not ...}
    )


def field_names(answer: Any) -> set[str]:
    return {fault["field"] for fault in answer.json()["fields"]}


class TestMaking:
    async def test_the_answer_has_all_of_it(self, client: Any, services: Any) -> None:
        answer = await post(client)
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        profile = body["profile"]
        assert body["token"] == TOKEN
        assert profile["id"] == PROFILE_ID
        assert (profile["outcome"], profile["type"]["id"]) == ("OK", "prick_eared")
        assert profile["type"]["description"].count("\n\n") == 1
        assert profile["probabilities"]["prick_eared"] == 0.91
        assert profile["parts"] == [
            {
                "part": "whole",
                "box": {"x_min": 0.2, "y_min": 0.1, "x_max": 0.6, "y_max": 0.55},
                "type": "prick_eared",
                "probability": 0.93,
            },
            {
                "part": "t_zone",
                "box": {"x_min": 0.3, "y_min": 0.2, "x_max": 0.5, "y_max": 0.4},
                "type": None,
                "probability": 0.41,
            },
        ]
        assert len(set(profile["gallery"])) == 4
        addresses = [*profile["gallery"], profile["share_card_url"], profile["share_card_landscape_url"]]
        assert all(url.startswith("http://gateway.test/files/") for url in addresses)
        assert profile["share_url"] == f"http://gateway.test/s/{SHARE_ID}"
        assert body["partial"] == []
        assert {"photo", "heads", "icon", "profile", "profile.analyse", "total"} <= set(body["timings_ms"])

    async def test_the_service_is_told_what_was_sent(self, client: Any, services: Any) -> None:
        more = {"seed": "-7", "consent": "true", "language": "ko", "card_picture": "photo", "mbti": "entp"}
        assert (await post(client, more, headers={"Idempotency-Key": "mine"})).status_code == 201
        asked = services.facetype.asked[0]
        assert Image.open(io.BytesIO(asked.photo)).format == "JPEG"
        assert (asked.birth_date, asked.mbti, asked.seed, asked.consent) == ("2001-05-03", "ENTP", -7, True)
        assert (asked.language, asked.card_picture, asked.request_id) == ("ko", 2, "mine")

    async def test_what_is_not_said_is_not_told(self, client: Any, services: Any) -> None:
        assert (await post(client, {"seed": "", "language": "", "card_picture": ""})).status_code == 201
        asked = services.facetype.asked[0]
        assert not asked.HasField("seed")
        assert (asked.consent, asked.language, asked.card_picture) == (False, "en", 1)
        assert len(asked.request_id) == 32, "a call that the channel repeats must be known as the same"

    async def test_json_does_the_same(self, client: Any, services: Any) -> None:
        answer = await post_json(client, seed=7, consent=True)
        assert answer.status_code == 201, answer.text
        assert services.facetype.asked[0].seed == 7
        as_url = await post_json(client, photo=f"data:image/png;base64,{encoded(picture())}")
        assert as_url.status_code == 201, as_url.text
        assert services.facetype.asked[0].photo == services.facetype.asked[1].photo

    @pytest.mark.parametrize(
        ("headers", "language"),
        [({}, "en"), ({"Accept-Language": "ko-KR,en;q=0.5"}, "ko"), ({"Accept-Language": "fr"}, "en")],
    )
    async def test_the_language_is_the_callers(
        self, client: Any, services: Any, headers: dict[str, str], language: str
    ) -> None:
        answer = await post(client, headers=headers)
        assert services.facetype.asked[0].language == language
        assert answer.json()["profile"]["language"] == language


class TestIcon:
    async def test_the_icon_is_drawn_and_kept_nowhere(self, client: Any, services: Any) -> None:
        url = (await post(client)).json()["profile"]["icon_url"]
        drawn = services.icon.asked[0]
        assert drawn.store is False, "nothing is kept before the profile is"
        assert services.facetype.asked[0].icon_png.startswith(b"icon of ")
        assert urlsplit(url).path == "/v1/icons/classic-v1.png"
        again = await client.get(url)
        assert again.status_code == 200
        shown = services.icon.asked[1]
        for name in ("ear", "fur", "pattern", "primary", "secondary", "head", "beard", "size"):
            assert getattr(shown, name) == getattr(drawn, name), name
        assert parse_qs(urlsplit(url).query)["primary"] == ["black"]

    async def test_no_dog_only_means_no_icon(self, client: Any, services: Any) -> None:
        services.traits.fails("ClassifyTraits", PawtraitError(Reason.NO_DOG_FOUND, "a sofa"))
        answer = await post(client)
        assert answer.status_code == 201, answer.text
        assert answer.json()["profile"]["icon_url"] is None
        assert answer.json()["partial"] == []
        assert services.facetype.asked[0].icon_png == b""

    @pytest.mark.parametrize("down", ["traits", "facecolor", "icon"])
    async def test_a_service_that_is_down_is_named(self, client: Any, services: Any, down: str) -> None:
        await getattr(services, down).stop()
        answer = await post(client)
        assert answer.status_code == 201, answer.text
        assert down in answer.json()["partial"]

    async def test_a_full_service_fails_the_call_so_that_it_can_be_repeated(
        self, client: Any, services: Any
    ) -> None:
        full = PawtraitError(Reason.SERVICE_UNAVAILABLE, "full", {"service": "icon"}, kind=ErrorKind.FULL)
        services.icon.fails("ComposeIcon", full)
        answer = await post(client)
        assert (answer.status_code, answer.json()["reason"]) == (503, "SERVICE_UNAVAILABLE")
        assert services.facetype.asked == []


class TestWhatWillNotDo:
    @pytest.mark.parametrize(
        "birth_date", ["2026-02-30", "03/05/2001", "20010503", "2001-5-3", "now", "２００１-05-03"]
    )
    async def test_a_date_that_there_is_not(self, client: Any, services: Any, birth_date: str) -> None:
        for answer in (
            await post(client, {"birth_date": birth_date}),
            await post_json(client, birth_date=birth_date),
        ):
            assert answer.status_code == 422
            assert answer.headers["content-type"] == PROBLEM
            assert answer.json()["reason"] == "INVALID_FIELD"
            assert field_names(answer) == {"birth_date"}
        assert services.facetype.asked == services.traits.asked == []

    @pytest.mark.parametrize("mbti", ["ABCD", "ENF", "ENFPX", "1234"])
    async def test_an_mbti_that_there_is_not(self, client: Any, services: Any, mbti: str) -> None:
        for answer in (await post(client, {"mbti": mbti}), await post_json(client, mbti=mbti)):
            assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")
            assert field_names(answer) == {"mbti"}
            assert "ENFP" in answer.json()["fields"][0]["message"]

    async def test_everything_is_told_at_once(self, client: Any) -> None:
        wrong = {
            "birth_date": "2026-02-30",
            "mbti": "ABCD",
            "seed": "1.5",
            "language": "fr",
            "card_picture": "all",
        }
        answer = await client.post("/v1/profiles", data=wrong, files={"other": ("a", b"a")})
        assert answer.status_code == 422
        assert field_names(answer) == {*wrong, "photo"}
        as_json = await client.post("/v1/profiles", json=wrong)
        assert field_names(as_json) == {*wrong, "photo"}

    @pytest.mark.parametrize("seed", [str(2**63), str(-(2**63) - 1), "x"])
    async def test_a_seed_beyond_64_bits(self, client: Any, seed: str) -> None:
        answer = await post(client, {"seed": seed})
        assert (answer.status_code, field_names(answer)) == (422, {"seed"})

    @pytest.mark.parametrize(
        "text", ["@@@@", "abc", "YWJj\nYWJj", "YWJj====", "사진", "data:image/png;base64,???", "YWI=YWI="]
    )
    async def test_what_is_not_base64(self, client: Any, services: Any, text: str) -> None:
        answer = await post_json(client, photo=text)
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")
        assert answer.json()["fields"][0]["field"] == "photo"
        assert "base64" in answer.json()["fields"][0]["message"]
        assert services.facetype.asked == []

    @pytest.mark.parametrize("text", ["", "data:image/png;base64,"])
    async def test_an_empty_photo(self, client: Any, text: str) -> None:
        assert field_names(await post_json(client, photo=text)) == {"photo"}
        answer = await client.post("/v1/profiles", data=FIELDS, files=files(b""))
        assert (answer.status_code, field_names(answer)) == (422, {"photo"})

    async def test_base64_of_no_picture(self, client: Any) -> None:
        answer = await post_json(client, photo=encoded(b"no picture at all"))
        assert (answer.status_code, answer.json()["reason"]) == (415, "NOT_AN_IMAGE")
        assert field_names(answer) == {"photo"}

    async def test_a_photo_that_is_text_in_a_form(self, client: Any) -> None:
        answer = await client.post(
            "/v1/profiles", data={**FIELDS, "photo": encoded(picture())}, files={"x": b""}
        )
        assert (answer.status_code, field_names(answer)) == (422, {"photo"})

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"text"', b"\xff\xfe", b"null", b"1"])
    async def test_bodies_that_are_no_object(self, client: Any, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/v1/profiles", content=body, headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")

    @pytest.mark.parametrize(
        "kind", ["multipart/form-data", "multipart/form-data; boundary=x", "text/plain", ""]
    )
    async def test_bodies_of_another_kind(self, client: Any, kind: str) -> None:
        answer = await client.post("/v1/profiles", content=b"nothing", headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")

    @pytest.mark.parametrize(
        "reason", ["NO_FACE", "CUT_OFF", "TOO_SMALL", "SEVERAL_FACES", "TURNED_AWAY", "NOT_CLASSIFIABLE"]
    )
    async def test_a_refused_photo_says_what_would_do(self, client: Any, services: Any, reason: str) -> None:
        services.facetype.fails(
            "CreateProfile", PawtraitError(Reason(reason), "no", {"example_url": EXAMPLE})
        )
        titles = set()
        for language in ("en", "ko"):
            answer = await post(client, headers={"Accept-Language": language})
            assert answer.status_code == 422
            body = answer.json()
            assert (body["reason"], body["example_url"]) == (reason, f"http://gateway.test{EXAMPLE}")
            assert body["fields"] == [{"field": "photo", "message": body["detail"]}]
            titles.add(body["title"])
        assert len(titles) == 2

    async def test_what_only_the_service_knows_is_told_in_the_callers_language(
        self, client: Any, services: Any
    ) -> None:
        problems = {"birth_date": "must not be in the future", "consent": "has to be given"}
        error = PawtraitError(
            Reason.INVALID_FIELD, "no", {"field": "birth_date,consent", "problems": json.dumps(problems)}
        )
        services.facetype.fails("CreateProfile", error)
        answer = await post(client, {"birth_date": date.max.isoformat()}, headers={"Accept-Language": "ko"})
        assert (answer.status_code, field_names(answer)) == (422, {"birth_date", "consent"})
        assert "동의" in answer.json()["fields"][1]["message"]


class TestSizes:
    async def test_a_200_megabyte_string_is_refused_before_it_is_read(
        self, client: Any, services: Any
    ) -> None:
        sent = 0

        async def body() -> Any:
            nonlocal sent
            yield b'{"photo": "'
            for _ in range(200):
                sent += 1
                yield b"A" * 1_000_000
                await asyncio.sleep(0)

        headers = {"Content-Type": "application/json"}
        answer = await client.post("/v1/profiles", content=body(), headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (413, "PHOTO_TOO_LARGE")
        assert answer.json()["fields"][0]["field"] == "body"
        assert services.facetype.asked == []

    async def test_a_declared_length_is_enough(self, client: Any) -> None:
        headers = {
            "Content-Type": "application/json",
            "Content-Length": "200000000",
            "Expect": "100-continue",
        }
        answer = await client.post("/v1/profiles", content=b"{}", headers=headers)
        assert answer.status_code == 413

    async def test_the_largest_photo_fits_as_base64(self, open_gateway: Any) -> None:
        async with open_gateway(photo_bytes=300_000) as client:
            most = await post_json(client, photo=encoded(bytes(300_000)))
            assert most.json()["reason"] == "NOT_AN_IMAGE", "it was read"
            more = await post_json(client, photo=encoded(bytes(300_003)))
            assert (more.status_code, more.json()["reason"]) == (413, "PHOTO_TOO_LARGE")
            assert field_names(more) == {"photo"}
            form = await client.post("/v1/profiles", data=FIELDS, files=files(bytes(300_001)))
            assert (form.status_code, field_names(form)) == (413, {"photo"})


class TestCare:
    async def test_the_holder_of_the_token_reads_it(self, client: Any, services: Any) -> None:
        answer = await client.get(f"/v1/profiles/{PROFILE_ID}", headers=BEARER)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["profile"]["birth_date"] == "2001-05-03"
        assert "token" not in answer.json()
        asked = services.facetype
        assert (asked.asked[0].profile_id, asked.asked[0].language) == (PROFILE_ID, "")
        assert asked.metadata[0]["authorization"] == f"Bearer {TOKEN}"

    async def test_its_words_are_in_the_language_asked_for(self, client: Any) -> None:
        headers = {**BEARER, "Accept-Language": "ko"}
        answer = await client.get(f"/v1/profiles/{PROFILE_ID}", headers=headers)
        assert answer.json()["profile"]["type"]["name"] == "쫑긋 귀 얼굴형"

    async def test_the_holder_of_the_token_deletes_it(self, client: Any, services: Any) -> None:
        answer = await client.delete(f"/v1/profiles/{PROFILE_ID}", headers=BEARER)
        assert (answer.status_code, answer.content) == (204, b"")
        assert services.facetype.metadata[0]["authorization"] == f"Bearer {TOKEN}"

    @pytest.mark.parametrize(
        ("reason", "status"),
        [(Reason.UNAUTHENTICATED, 401), (Reason.PERMISSION_DENIED, 403), (Reason.NOT_FOUND, 404)],
    )
    async def test_refusals(self, client: Any, services: Any, reason: Reason, status: int) -> None:
        for method in ("GetProfile", "DeleteProfile"):
            services.facetype.fails(method, PawtraitError(reason, "no"))
        for call in (client.get, client.delete):
            answer = await call(f"/v1/profiles/{PROFILE_ID}", headers=BEARER)
            assert (answer.status_code, answer.json()["reason"]) == (status, reason)


async def test_without_the_service_only_its_own_calls_fail(client: Any, services: Any) -> None:
    await services.facetype.stop()
    calls = [
        post(client),
        client.get(f"/v1/profiles/{PROFILE_ID}", headers=BEARER),
        client.get("/v1/face-types"),
        client.post("/v1/faces/analyze", files=files()),
        client.get(f"/s/{SHARE_ID}"),
    ]
    for call in calls:
        answer = await call
        assert (answer.status_code, answer.json()["service"]) == (503, "facetype")
        assert int(answer.headers["retry-after"]) >= 1
    assert (await client.post("/v1/traits", files=files())).status_code == 200


async def test_profiles_are_counted(open_gateway: Any) -> None:
    async with open_gateway(profile_limit="1/minute") as client:
        client._transport.client = ("203.0.113.9", 1)
        statuses = [(await post(client)).status_code for _ in range(2)]
        assert statuses == [201, 429]
