"""Registration and lookup: forms, statuses, shapes and limits. What the service says is canned here."""

import io
from typing import Any

import pytest
from PIL import Image

from shared.errors import ErrorKind, PawtraitError, Reason
from tests.unit.gateway.conftest import picture
from tests.unit.gateway.nose_answers import (
    CONTACT_TOKEN,
    DOG_ID,
    KNOWN_DOG,
    LOOKUP_ID,
    MASKED,
    NUMBER,
    OWNER_ID,
    OWNER_TOKEN,
    no_match_answer,
)
from tests.unit.gateway.nose_requests import TOKEN, noses, one, register


class TestRegistration:
    async def test_a_new_dog(self, client: Any, services: Any) -> None:
        files = [*noses(), ("profile", ("p.png", picture(1500, 100), "image/png"))]
        data = {"owner_email": "a@b.kr", "dog_breed": "Jindo", "dog_sex": "female", "dog_birth_year": "2021"}
        answer = await register(client, files, data)
        assert answer.status_code == 201, answer.text
        body = answer.json()
        assert body["owner_token"] == OWNER_TOKEN
        assert body["dog"] == {
            "id": DOG_ID,
            "registration_number": NUMBER,
            "name": "꿍이",
            "breed": "Jindo",
            "sex": "female",
            "birth_year": 2021,
            "profile_url": f"http://gateway.test/files/profiles/{DOG_ID}.jpg",
            "registered_at": "2026-11-20T05:30:15Z",
            "state": "registered",
            "nose_photos": 5,
            "owner_id": OWNER_ID,
        }
        asked = services.noseprint.asked[0]
        widths = [Image.open(io.BytesIO(nose)).width for nose in asked.noses]
        assert widths == [64, 65, 66, 67, 68], "in the order sent"
        assert Image.open(io.BytesIO(asked.profile)).size == (1024, 68)
        assert (asked.owner.name, asked.owner.phone, asked.owner.email) == (
            "김보호",
            "010-1234-5678",
            "a@b.kr",
        )
        assert (asked.dog.name, asked.dog.breed, asked.dog.sex, asked.dog.birth_year) == (
            "꿍이",
            "Jindo",
            2,
            2021,
        )
        assert asked.dispute is False
        assert asked.owner_token == ""
        assert len(asked.request_id) == 32, "a call that the channel repeats must be known as the same"

    async def test_what_is_not_said_is_not_told(self, client: Any, services: Any) -> None:
        assert (await register(client)).status_code == 201
        asked = services.noseprint.asked[0]
        assert not asked.HasField("profile")
        assert (asked.owner.email, asked.dog.breed, asked.dog.sex, asked.dog.birth_year) == ("", "", 3, 0)

    async def test_token_dispute_and_key_are_passed_on(self, client: Any, services: Any) -> None:
        headers = {**TOKEN, "Idempotency-Key": "my-own-key"}
        assert (await register(client, data={"dispute": "true"}, headers=headers)).status_code == 201
        asked = services.noseprint.asked[0]
        assert (asked.owner_token, asked.dispute, asked.request_id) == (OWNER_TOKEN, True, "my-own-key")

    async def test_a_replay_has_the_same_body(self, client: Any) -> None:
        first, again = [(await register(client, headers={"Idempotency-Key": "k"})).json() for _ in range(2)]
        del first["request_id"], again["request_id"]
        assert first == again

    @pytest.mark.parametrize("count", [1, 4, 6])
    async def test_another_number_of_photos(self, client: Any, services: Any, count: int) -> None:
        answer = await register(client, noses(count))
        assert answer.status_code == 422
        assert answer.json()["reason"] == "INVALID_FIELD"
        assert answer.json()["fields"][0]["field"] == "nose"
        assert "5" in answer.json()["fields"][0]["message"]
        assert services.noseprint.asked == []

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"owner_name": ""}, "owner_name"),
            ({"dog_name": "x" * 101}, "dog_name"),
            ({"dog_sex": "both"}, "dog_sex"),
            ({"dog_birth_year": "1979"}, "dog_birth_year"),
            ({"dog_birth_year": "young"}, "dog_birth_year"),
            ({"dispute": "perhaps"}, "dispute"),
        ],
    )
    async def test_a_wrong_field_is_named(self, client: Any, changes: Any, field: str) -> None:
        answer = await register(client, data=changes)
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json()["fields"]] == [field]

    async def test_the_service_names_a_field_and_each_language_says_what_it_must_be(
        self, client: Any, services: Any
    ) -> None:
        error = PawtraitError(Reason.INVALID_FIELD, "no such number", {"field": "owner_phone"})
        services.noseprint.fails("RegisterDog", error)
        english = (await register(client)).json()["fields"]
        assert english[0]["field"] == "owner_phone"
        assert english[0]["message"].startswith("Use a phone number that exists")
        korean = (await register(client, headers={"Accept-Language": "ko"})).json()["fields"]
        assert korean[0]["field"] == "owner_phone"
        assert "전화번호" in korean[0]["message"]

    async def test_the_photo_that_will_not_do_is_named(self, client: Any, services: Any) -> None:
        services.noseprint.fails(
            "RegisterDog", PawtraitError(Reason.PHOTO_TOO_BLURRY, "blurry", {"photo": "2"})
        )
        body = (await register(client)).json()
        assert (body["status"], body["reason"], body["photos"]) == (422, "PHOTO_TOO_BLURRY", [2])
        assert body["detail"].startswith("Photo 3: ")
        files = noses()
        files[3] = ("nose", ("broken.jpg", b"broken", "image/jpeg"))
        body = (await register(client, files)).json()
        assert (body["status"], body["reason"], body["photos"]) == (415, "NOT_AN_IMAGE", [3])

    async def test_photos_that_disagree_are_named(self, client: Any, services: Any) -> None:
        services.noseprint.fails(
            "RegisterDog", PawtraitError(Reason.PHOTOS_DISAGREE, "mixed", {"photos": "1,4"})
        )
        for language in ("en", "ko"):
            answer = await register(client, headers={"Accept-Language": language})
            body = answer.json()
            assert (answer.status_code, body["reason"], body["photos"]) == (422, "PHOTOS_DISAGREE", [1, 4])
            assert "2, 5" in body["detail"]

    async def test_a_known_dog(self, client: Any, services: Any) -> None:
        services.noseprint.fails("RegisterDog", PawtraitError(Reason.ALREADY_REGISTERED, "known", KNOWN_DOG))
        answer = await register(client)
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body["reason"] == "ALREADY_REGISTERED"
        assert body["dog"] == {
            "id": DOG_ID,
            "registration_number": MASKED,
            "name": "꿍이",
            "breed": "Jindo",
            "sex": "female",
            "birth_year": 2021,
            "profile_url": f"http://gateway.test/files/profiles/{DOG_ID}.jpg",
            "registered_at": "2026-11-20T05:30:15Z",
        }
        assert "owner_token" not in body

    async def test_a_key_that_was_used_for_another_dog(self, client: Any, services: Any) -> None:
        error = PawtraitError(Reason.INVALID_FIELD, "used for another", {"field": "request_id"})
        services.noseprint.fails("RegisterDog", error)
        answer = await register(client, headers={"Idempotency-Key": "k", "Accept-Language": "ko"})
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] == "Idempotency-Key"
        assert "키" in answer.json()["fields"][0]["message"]

    async def test_a_dead_database(self, client: Any, services: Any) -> None:
        services.noseprint.fails(
            "RegisterDog", PawtraitError(Reason.SERVICE_UNAVAILABLE, "away", {"service": "database"})
        )
        answer = await register(client)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["service"] == "database"
        keys = {asked.request_id for asked in services.noseprint.asked}
        assert len(keys) == 1, "however often the channel repeats a call, it stays the same one"


class TestLookup:
    async def test_a_match_never_names_the_owner(self, client: Any, services: Any) -> None:
        answer = await client.post("/v1/dogs/lookup", files=one())
        assert answer.status_code == 200
        body = answer.json()
        match = body["match"]
        assert match["probability"] == 0.9967
        assert match["contact_token"] == CONTACT_TOKEN
        assert match["dog"]["registration_number"] == MASKED
        assert match["dog"].keys() == {
            "id", "registration_number", "name", "breed", "sex", "birth_year", "profile_url", "registered_at",
        }  # fmt: skip
        assert match["evidence_url"] == f"http://gateway.test/v1/lookups/{LOOKUP_ID}/evidence.png"
        assert OWNER_ID not in answer.text

    async def test_a_miss_has_the_same_shape(self, client: Any, services: Any) -> None:
        hit = (await client.post("/v1/dogs/lookup", files=one())).json()
        services.noseprint.behaviours["IdentifyDog"] = no_match_answer
        miss = (await client.post("/v1/dogs/lookup", files=one())).json()
        assert miss["match"] is None
        assert miss.keys() == hit.keys()
        assert miss["timings_ms"].keys() == hit["timings_ms"].keys()

    async def test_verification(self, client: Any, services: Any) -> None:
        body = (await client.post(f"/v1/dogs/{DOG_ID}/verify", files=one())).json()
        assert (body["same"], body["probability"], body["lookup_id"]) == (True, 0.98, LOOKUP_ID)
        assert body["evidence_url"].endswith(f"/v1/lookups/{LOOKUP_ID}/evidence.png")
        assert services.noseprint.asked[0].dog_id == DOG_ID

    async def test_evidence(self, client: Any, services: Any) -> None:
        answer = await client.get(f"/v1/lookups/{LOOKUP_ID}/evidence.png")
        assert (answer.content, answer.headers["content-type"]) == (b"png", "image/png")
        assert answer.headers["cache-control"] == "private, no-store"
        services.noseprint.fails("GetEvidence", PawtraitError(Reason.NOT_FOUND, "too long ago"))
        assert (await client.get(f"/v1/lookups/{LOOKUP_ID}/evidence.png")).status_code == 404

    @pytest.mark.parametrize("in_header", [True, False])
    async def test_a_report_takes_the_token_either_way(
        self, client: Any, services: Any, in_header: bool
    ) -> None:
        body = {"message": "She is well.", "contact": "010-0000-0000"}
        headers = {"Authorization": f"Bearer {CONTACT_TOKEN}"} if in_header else {}
        body |= {} if in_header else {"contact_token": CONTACT_TOKEN}
        answer = await client.post("/v1/found-reports", json=body, headers=headers)
        assert answer.status_code == 201
        assert answer.json()["id"] == LOOKUP_ID
        asked = services.noseprint.asked[0]
        assert (asked.contact_token, asked.message) == (CONTACT_TOKEN, "She is well.")

    async def test_a_report_without_a_token_and_with_a_spent_one(self, client: Any, services: Any) -> None:
        body = {"message": "She is well.", "contact": "here"}
        answer = await client.post("/v1/found-reports", json=body)
        assert (answer.status_code, answer.json()["reason"]) == (401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"] == "Bearer"
        services.noseprint.fails("CreateFoundReport", PawtraitError(Reason.PERMISSION_DENIED, "used up"))
        answer = await client.post("/v1/found-reports", json={**body, "contact_token": "x"})
        assert (answer.status_code, answer.json()["reason"]) == (403, "PERMISSION_DENIED")


class TestLimits:
    @pytest.mark.parametrize(
        ("method", "path", "megabytes"),
        [
            ("POST", "/v1/noses/check", 16),
            ("POST", "/v1/dogs/lookup", 16),
            ("POST", f"/v1/dogs/{DOG_ID}/verify", 16),
            ("PATCH", f"/v1/dogs/{DOG_ID}", 16),
            ("POST", "/v1/dogs", 76),
            ("POST", f"/v1/dogs/{DOG_ID}/noses", 76),
            ("POST", "/v1/found-reports", 3),
            ("POST", "/lookup", 16),
            ("POST", "/register", 76),
        ],
    )
    async def test_a_body_beyond_the_cap_of_its_route(
        self, client: Any, services: Any, method: str, path: str, megabytes: int
    ) -> None:
        headers = {
            "content-length": str(megabytes * 1_000_000),
            "content-type": "multipart/form-data; boundary=x",
        }
        answer = await client.request(method, path, content=b"--x", headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (413, "PHOTO_TOO_LARGE")
        assert services.noseprint.asked == []

    async def test_five_photos_may_have_more_bytes_than_one(self, client: Any) -> None:
        photo = picture() + bytes(5_000_000)
        files = [("nose", (f"{index}.png", photo, "image/png")) for index in range(5)]
        assert (await register(client, files)).status_code == 201

    async def test_each_photo_has_its_own_cap(self, client: Any) -> None:
        files = noses()
        files[1] = ("nose", ("large.png", picture() + bytes(15_000_000), "image/png"))
        answer = await register(client, files)
        assert (answer.status_code, answer.json()["photos"]) == (413, [1])

    async def test_a_full_service_is_no_fault_of_the_caller(self, client: Any, services: Any) -> None:
        full = PawtraitError(
            Reason.SERVICE_UNAVAILABLE, "full", {"service": "noseprint"}, kind=ErrorKind.FULL
        )
        services.noseprint.fails("IdentifyDog", full)
        answer = await client.post("/v1/dogs/lookup", files=one())
        assert answer.status_code == 503
        assert answer.json()["service"] == "noseprint"
        assert len(services.noseprint.asked) == 1, "a full service is not asked again"
