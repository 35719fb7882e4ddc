"""``POST /v1/traits`` and ``POST /v1/face-colors``."""

from shared.errors import PawtraitError, Reason
from tests.unit.gateway.conftest import heads_answer

NO_DOG = PawtraitError(Reason.NO_DOG_FOUND, "no dog")


class TestTraits:
    PATH = "/v1/traits"

    async def test_answers_in_the_shape_of_the_design(self, client, photo, services):
        body = (await client.post(self.PATH, files=photo)).json()
        assert body.keys() == {
            "dog", "breed", "ear", "fur", "pattern", "head", "beard",
            "partial", "model", "timings_ms", "request_id",
        }  # fmt: skip
        assert len(body["breed"]["top"]) == 5
        assert body["model"] == {"name": "traits-canned", "version": "7"}
        assert body["partial"] == []
        assert [type(asked).__name__ for asked in services.facecolor.asked] == ["DetectHeadsRequest"]

    async def test_without_heads_the_whole_photo_is_read(self, client, photo, services):
        await services.facecolor.stop()
        body = (await client.post(self.PATH, files=photo)).json()
        assert body["partial"] == ["facecolor"]
        assert not services.traits.asked[0].HasField("head")

    async def test_its_own_service_down(self, client, photo, services):
        await services.traits.stop()
        answer = await client.post(self.PATH, files=photo)
        assert answer.status_code == 503
        assert answer.json()["service"] == "traits"
        assert "traits" in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) >= 1

    async def test_no_dog(self, client, photo, services):
        services.traits.fails("ClassifyTraits", NO_DOG)
        answer = await client.post(self.PATH, files=photo)
        assert (answer.status_code, answer.json()["reason"]) == (422, "NO_DOG_FOUND")

    async def test_the_icon_service_is_not_needed(self, client, photo, services):
        await services.icon.stop()
        assert (await client.post(self.PATH, files=photo)).json()["partial"] == []


class TestFaceColors:
    PATH = "/v1/face-colors"

    async def test_answers_in_the_shape_of_the_design(self, client, photo):
        body = (await client.post(self.PATH, files=photo)).json()
        assert body.keys() == {
            "head_box", "primary", "secondary", "palette", "partial", "model", "timings_ms", "request_id"
        }  # fmt: skip
        assert body["primary"] == {"name": "black", "hex": "#22201f", "lab": [12.1, 0.6, 0.9], "share": 0.61}
        assert [swatch["name"] for swatch in body["palette"]] == ["black", "white"]
        assert body["model"] == {"name": "colours-canned", "version": "2"}

    async def test_its_own_service_down(self, client, photo, services):
        await services.facecolor.stop()
        answer = await client.post(self.PATH, files=photo)
        assert answer.status_code == 503
        assert answer.json()["service"] == "facecolor"

    async def test_a_head_that_is_no_dogs_is_refused(self, client, photo, services):
        services.traits.fails("ClassifyTraits", NO_DOG)
        assert (await client.post(self.PATH, files=photo)).status_code == 422

    async def test_without_traits_a_head_has_to_do(self, client, photo, services):
        await services.traits.stop()
        body = (await client.post(self.PATH, files=photo)).json()
        assert body["partial"] == ["traits"]
        assert body["head_box"]["confidence"] == 0.94

    async def test_a_dog_without_a_head_has_colours_but_no_box(self, client, photo, services):
        services.facecolor.behaviours["DetectHeads"] = lambda _: heads_answer(0)
        body = (await client.post(self.PATH, files=photo)).json()
        assert body["head_box"] is None
        assert body["primary"]["name"] == "black"
