"""``/register``, ``/lookup`` and ``/profileImg``, exactly as the older clients know them."""

from typing import Any

import pytest

from shared.errors import PawtraitError, Reason
from tests.unit.gateway.conftest import picture
from tests.unit.gateway.nose_answers import DOG_ID, KNOWN_DOG, MASKED, NUMBER, no_match_answer

FIELDS = {
    "registrant": "김보호",
    "phoneNum": "010-1234-5678",
    "email": "a@b.kr",
    "dogName": "꿍이",
    "dogBreed": "Jindo",
    "dogSex": "암컷",
    "dogBirthYear": "2021",
}
DOG = {
    "dogName": "꿍이",
    "dogRegistNum": NUMBER,
    "dogBreed": "Jindo",
    "dogBirthYear": "2021",
    "dogSex": "female",
    "dogProfile": f"http://gateway.test/files/profiles/{DOG_ID}.jpg",
}


def files(count: int = 5, profile: bool = True) -> dict[str, Any]:
    sent = {f"dogNose{n}": (f"{n}.png", picture(60 + n), "image/png") for n in range(1, count + 1)}
    return sent | ({"dogProfile": ("p.png", picture(), "image/png")} if profile else {})


async def test_a_new_dog(client: Any, services: Any) -> None:
    answer = await client.post("/register", files=files(), data=FIELDS)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"data": {**DOG, "isSuccess": True}, "message": "등록이 성공했습니다"}
    asked = services.noseprint.asked[0]
    assert (asked.owner.name, asked.owner.phone, asked.owner.email) == ("김보호", "010-1234-5678", "a@b.kr")
    assert (asked.dog.name, asked.dog.sex, asked.dog.birth_year) == ("꿍이", 2, 2021)
    assert len(asked.noses) == 5
    assert asked.HasField("profile")


async def test_a_known_dog(client: Any, services: Any) -> None:
    services.noseprint.fails("RegisterDog", PawtraitError(Reason.ALREADY_REGISTERED, "known", KNOWN_DOG))
    answer = await client.post("/register", files=files(), data=FIELDS)
    assert answer.status_code == 200
    assert answer.json() == {
        "data": {**DOG, "dogRegistNum": MASKED, "isSuccess": False},
        "message": "이미 등록된 강아지입니다.",
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PawtraitError(Reason.NO_NOSE_FOUND, "none", {"photo": "0"}), 422),
        (PawtraitError(Reason.INVALID_FIELD, "no number", {"field": "owner_phone"}), 422),
        (PawtraitError(Reason.SERVICE_UNAVAILABLE, "away", {"service": "database"}), 503),
    ],
)
async def test_anything_else_fails_with_a_reason(
    client: Any, services: Any, error: PawtraitError, status: int
) -> None:
    services.noseprint.fails("RegisterDog", error)
    services.noseprint.fails("IdentifyDog", error)
    for call, sent in (("/register", files()), ("/lookup", {"dogNose": files()["dogNose1"]})):
        answer = await client.post(call, files=sent, data=FIELDS)
        assert answer.status_code == status
        assert (answer.json()["message"], answer.json()["reason"]) == ("fail", error.reason.value)


async def test_too_few_photos_no_pictures_and_nothing_at_all(client: Any, services: Any) -> None:
    broken = {**files(), "dogNose2": ("x.jpg", b"no picture", "image/jpeg")}
    for sent, reason in ((files(4), "INVALID_FIELD"), (broken, "NOT_AN_IMAGE"), ({}, "INVALID_FIELD")):
        answer = await client.post("/register", files=sent, data=FIELDS)
        assert 415 <= answer.status_code <= 422
        assert (answer.json()["message"], answer.json()["reason"]) == ("fail", reason)
    answer = await client.post("/lookup")
    assert (answer.status_code, answer.json()["message"]) == (422, "fail")
    assert services.noseprint.asked == []


async def test_no_profile_picture(client: Any, services: Any) -> None:
    empty = {**files(profile=False), "dogProfile": ("", b"", "application/octet-stream")}
    for sent in (files(profile=False), empty):
        assert (await client.post("/register", files=sent, data=FIELDS)).status_code == 200
    assert not any(asked.HasField("profile") for asked in services.noseprint.asked)


@pytest.mark.parametrize(
    ("said", "sex"), [("암컷", 2), ("수컷", 1), ("Male", 1), ("F", 2), ("", 3), ("중성화", 3)]
)
async def test_words_for_the_sex(client: Any, services: Any, said: str, sex: int) -> None:
    await client.post("/register", files=files(), data={**FIELDS, "dogSex": said})
    assert services.noseprint.asked[0].dog.sex == sex


async def test_a_found_dog(client: Any) -> None:
    answer = await client.post("/lookup", files={"dogNose": files()["dogNose1"]})
    assert answer.status_code == 200
    assert answer.json() == {
        "data": {
            **DOG,
            "dogRegistNum": MASKED,
            "registrant": "",
            "phoneNum": "",
            "email": "",
            "matchRate": "99.7",
            "contactToken": "contact-secret",
            "isSuccess": True,
        },
        "message": "조회를 성공했습니다",
    }


async def test_no_dog_found(client: Any, services: Any) -> None:
    services.noseprint.behaviours["IdentifyDog"] = no_match_answer
    answer = await client.post("/lookup", files={"dogNose": files()["dogNose1"]})
    assert answer.status_code == 200
    assert answer.json() == {"data": {"isSuccess": False}, "message": "조회된 강아지가 없습니다"}


@pytest.mark.parametrize("tail", ["5678", "0000", "5678-2", "****"])
async def test_a_picture_is_the_same_whatever_the_digits_of_the_phone(
    client: Any, services: Any, tail: str
) -> None:
    answer = await client.get(f"/profileImg/20261120143015-ㄲ-{tail}")
    assert (answer.status_code, answer.content) == (200, b"jpeg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert services.noseprint.asked[0].registration_number == MASKED


@pytest.mark.parametrize("number", ["", "x", "20261120143015-ㄲ-56789", "2026-ㄲ-5678", "a/b", "%00"])
async def test_what_is_no_number_has_no_picture(client: Any, services: Any, number: str) -> None:
    assert (await client.get(f"/profileImg/{number}")).status_code == 404
    assert services.noseprint.asked == []
