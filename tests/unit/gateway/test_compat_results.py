"""``/RegisterResult`` and its stub: names, nesting and values as the older clients know them."""

import base64
from typing import Any

import pytest

from shared.errors import PawtraitError, Reason
from tests.unit.gateway.conftest import picture
from tests.unit.gateway.face_answers import NAMES, TYPES

PHOTO = base64.b64encode(picture()).decode()
RESULT = {
    "human": "",
    "male_type": "",
    "dsc": "",
    "img1": "a",
    "img2": "",
    "img3": "",
    "img4": "",
    "more": [1],
}
STUB = "/RegisterUserImg_sample"


def body(**user: Any) -> dict[str, Any]:
    first = {"user_img": PHOTO, "age": "2001-05-03", "mbti": "ENFP", **user}
    return {"first_user": first, "result": RESULT}


async def post(client: Any, json: Any, path: str = "/RegisterResult", **more: Any) -> Any:
    return await client.post(path, json=json, **more)


class TestRegisterResult:
    async def test_a_type_fills_the_result(self, client: Any, services: Any) -> None:
        answer = await post(client, body())
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert set(found) == set(RESULT)
        assert (found["human"], found["male_type"]) == ("True", "쫑긋 귀 얼굴형")
        assert found["dsc"].startswith("Look of")
        pictures = [found[f"img{place}"] for place in (1, 2, 3, 4)]
        assert len(set(pictures)) == 4
        assert all(url.startswith("http://gateway.test/files/") for url in pictures)
        assert found["more"] == [1], "what else stood there comes back"
        asked = services.facetype.asked[0]
        assert (asked.birth_date, asked.mbti, asked.language) == ("2001-05-03", "ENFP", "ko")

    async def test_in_the_language_asked_for(self, client: Any) -> None:
        answer = await post(client, body(), headers={"Accept-Language": "en"})
        assert answer.json()["male_type"] == "Prick-eared"

    @pytest.mark.parametrize(
        "reason", ["NO_FACE", "CUT_OFF", "TOO_SMALL", "SEVERAL_FACES", "TURNED_AWAY", "NOT_CLASSIFIABLE"]
    )
    async def test_a_photo_that_will_not_do_gives_the_result_back(
        self, client: Any, services: Any, reason: str
    ) -> None:
        services.facetype.fails("CreateProfile", PawtraitError(Reason(reason), "no"))
        answer = await post(client, body())
        assert (answer.status_code, answer.json()) == (200, RESULT)

    @pytest.mark.parametrize("age", ["20010503", "2001.05.03", "2001/05/03", " 2001-05-03 "])
    async def test_dates_may_be_written_as_the_older_apps_do(
        self, client: Any, services: Any, age: str
    ) -> None:
        assert (await post(client, body(age=age))).status_code == 200
        assert services.facetype.asked[0].birth_date == "2001-05-03"

    async def test_json_need_not_say_that_it_is(self, client: Any) -> None:
        import json

        answer = await client.post("/RegisterResult", content=json.dumps(body()))
        assert answer.status_code == 200, answer.text

    async def test_base64_may_be_broken_into_lines(self, client: Any) -> None:
        lines = base64.encodebytes(picture()).decode()
        assert lines.count("\n") > 3
        for text in (lines, lines.replace("\n", "\r\n")):
            assert (await post(client, body(user_img=text))).status_code == 200

    async def test_a_salary_is_not_read(self, client: Any) -> None:
        assert (await post(client, body(salary="a lot"))).status_code == 200

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"age": "2026-02-30"}, "first_user.age"),
            ({"age": "20260230"}, "first_user.age"),
            ({"mbti": "ABCD"}, "first_user.mbti"),
            ({"user_img": "@@@"}, "first_user.user_img"),
            ({"user_img": ""}, "first_user.user_img"),
            ({"user_img": 5}, "first_user.user_img"),
        ],
    )
    async def test_wrong_fields_are_named(
        self, client: Any, services: Any, wrong: dict[str, Any], field: str
    ) -> None:
        answer = await post(client, body(**wrong))
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")
        assert [fault["field"] for fault in answer.json()["fields"]] == [field]
        assert services.facetype.asked == []

    async def test_what_the_service_refuses_has_the_older_names(self, client: Any, services: Any) -> None:
        error = PawtraitError(Reason.INVALID_FIELD, "no", {"field": "birth_date,mbti", "problems": "{}"})
        services.facetype.fails("CreateProfile", error)
        answer = await post(client, body())
        assert {fault["field"] for fault in answer.json()["fields"]} == {"first_user.age", "first_user.mbti"}

    @pytest.mark.parametrize(
        "json", [[], {}, {"first_user": {}}, {"result": {}}, {"first_user": 1, "result": 2}, "x"]
    )
    async def test_other_shapes(self, client: Any, json: Any) -> None:
        assert (await post(client, json)).status_code == 422

    async def test_too_much(self, open_gateway: Any) -> None:
        async with open_gateway(photo_bytes=200_000) as client:
            answer = await post(client, body(user_img="A" * 400_000))
            assert (answer.status_code, answer.json()["reason"]) == (413, "PHOTO_TOO_LARGE")


class TestStub:
    async def test_it_is_off(self, client: Any) -> None:
        answer = await post(client, body(), f"{STUB}?Model_rst=1")
        assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")

    @pytest.mark.parametrize("outcome", range(7))
    async def test_it_gives_the_outcome_asked_for(
        self, open_gateway: Any, services: Any, outcome: int
    ) -> None:
        async with open_gateway(compat_sample=True) as client:
            answer = await post(client, body(), f"{STUB}?Model_rst={outcome}")
        assert answer.status_code == 200, answer.text
        if outcome in (0, 6):
            assert answer.json() == RESULT
        else:
            assert answer.json()["male_type"] == NAMES["ko"][outcome - 1]
            assert f"/{TYPES[outcome - 1]}/" in answer.json()["img4"]
        assert {type(asked).__name__ for asked in services.facetype.asked} == {"ListTypesRequest"}

    @pytest.mark.parametrize("outcome", ["-1", "7", "x", ""])
    async def test_no_such_outcome(self, open_gateway: Any, outcome: str) -> None:
        async with open_gateway(compat_sample=True) as client:
            answer = await post(client, body(), f"{STUB}?Model_rst={outcome}")
        assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "Model_rst")
