"""The check of a nose: forms, statuses and shapes. What the service says is canned here."""

import io
from typing import Any

from PIL import Image

from tests.unit.gateway.conftest import picture
from tests.unit.gateway.nose_requests import one


class TestCheck:
    async def test_says_what_to_do_better_in_the_callers_language(self, client: Any) -> None:
        answer = await client.post("/v1/noses/check", files=one(), headers={"Accept-Language": "ko"})
        assert answer.status_code == 200
        body = answer.json()
        assert body["usable"] is False
        assert body["reasons"] == ["PHOTO_TOO_BLURRY", "NOSE_TOO_SMALL"]
        assert len(body["advice"]) == 2
        assert "초점" in body["advice"][0]
        assert body["nose_box"] == {
            "x_min": 0.31,
            "y_min": 0.28,
            "x_max": 0.7,
            "y_max": 0.62,
            "confidence": 0.97,
        }
        assert body["quality"] == {"sharpness": 41.01, "nose_px": 112, "exposure": 0.471, "glare": 0.021}
        assert body["model"] == {"name": "nose-canned", "version": "4"}
        assert {"photo", "check", "check.nose", "total"} <= body["timings_ms"].keys()

    async def test_no_nose_has_no_box_and_no_quality(self, client: Any, services: Any) -> None:
        from pawtrait.noseprint.v1 import noseprint_pb2

        services.noseprint.behaviours["CheckNose"] = lambda _: noseprint_pb2.CheckNoseResponse(
            reasons=["NO_NOSE_FOUND"]
        )
        body = (await client.post("/v1/noses/check", files=one())).json()
        assert (body["nose_box"], body["quality"], body["usable"]) == (None, None, False)

    async def test_a_nose_keeps_its_size_and_loses_its_metadata(self, client: Any, services: Any) -> None:
        exif = Image.Exif()
        exif[0x010E] = "where we live"
        sent = picture(2600, 1300, "JPEG", exif=exif.tobytes(), quality=80)
        await client.post("/v1/noses/check", files={"nose": ("n.jpg", sent, "image/jpeg")})
        got = services.noseprint.asked[0].nose
        assert b"where we live" not in got
        with Image.open(io.BytesIO(got)) as image:
            assert image.format == "JPEG"
            assert image.size == (2048, 1024)

    async def test_what_is_no_picture(self, client: Any) -> None:
        answer = await client.post("/v1/noses/check", files={"nose": ("n.jpg", b"not one", "image/jpeg")})
        assert (answer.status_code, answer.json()["reason"]) == (415, "NOT_AN_IMAGE")
        answer = await client.post("/v1/noses/check", data={"nose": "text"})
        assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "nose")
