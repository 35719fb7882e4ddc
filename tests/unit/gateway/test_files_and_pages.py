"""Kept icons, the web page, and the API's description."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from gateway.app import FIVE_PHOTOS, ONE_PHOTO, TEXT_PHOTO
from shared.object_storage import open_storage
from shared.storage_settings import StorageSettings

WEB = Path("gateway/web")
PNG = b"\x89PNG kept"
HASH = hashlib.sha256(PNG).hexdigest()


@pytest.fixture
def storage(tmp_path):
    return open_storage(StorageSettings(data_dir=tmp_path, s3_bucket=None))


def _sources() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in WEB.iterdir()]


class TestFiles:
    async def test_a_kept_icon_is_served_for_good(self, client, storage):
        storage.put(f"public/icons/classic-v1/{HASH}.png", PNG, "image/png")
        answer = await client.get(f"/files/icons/classic-v1/{HASH}.png")
        assert (answer.status_code, answer.content) == (200, PNG)
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        again = await client.get(
            f"/files/icons/classic-v1/{HASH}.png", headers={"if-none-match": answer.headers["etag"]}
        )
        assert again.status_code == 304

    async def test_what_is_kept_by_name_may_change(self, client, storage):
        storage.put("public/generated/0,0,0-up.jpg", b"jpeg", "image/jpeg")
        answer = await client.get("/files/generated/0,0,0-up.jpg")
        assert answer.headers["content-type"] == "image/jpeg"
        assert "immutable" not in answer.headers["cache-control"]

    async def test_what_is_not_public_is_not_there(self, client, storage, tmp_path):
        storage.put("private/owner.png", PNG, "image/png")
        (tmp_path / "secret.png").write_bytes(PNG)
        for path in (
            "private/owner.png",
            "../private/owner.png",
            "%2e%2e/private/owner.png",
            "..%2fprivate%2fowner.png",
            "icons/../../private/owner.png",
            "icons/%2e%2e/%2e%2e/private/owner.png",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            "..%5c..%5csecret.png",
            "",
            ".",
            "icons",
        ):
            answer = await client.get(f"/files/{path}")
            assert answer.status_code == 404, path
            assert answer.headers["content-type"] == "application/problem+json"


class TestPage:
    async def test_home(self, client):
        answer = await client.get("/")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        again = await client.get("/", headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304

    async def test_every_file_it_names_is_served(self, client):
        named = {name for text in _sources() for name in re.findall(r'"(/web/[^"]+)"', text)}
        assert len(named) >= 6
        for path in named:
            assert (await client.get(path)).status_code == 200, path

    async def test_scripts_and_styles_have_their_types(self, client):
        assert "javascript" in (await client.get("/web/app.js")).headers["content-type"]
        assert "text/css" in (await client.get("/web/style.css")).headers["content-type"]

    def test_nothing_comes_from_elsewhere(self):
        for path in WEB.iterdir():
            text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?://", text), path
            assert "@import" not in text

    def test_nothing_in_it_needs_a_looser_policy(self):
        page = (WEB / "index.html").read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"\s(style|on\w+)=", page)
        for script in WEB.glob("*.js"):
            assert "innerHTML" not in script.read_text(encoding="utf-8")

    async def test_only_its_own_files(self, client):
        for path in ("/web/..%2fsettings.py", "/web/", "/web/nothing.js", "/docs/../settings.py"):
            assert (await client.get(path)).status_code == 404

    @pytest.mark.parametrize(
        ("file", "least"), [("texts.js", 40), ("nose-texts.js", 40), ("face-texts.js", 40)]
    )
    def test_both_languages_say_the_same_things(self, file, least):
        source = (WEB / file).read_text(encoding="utf-8")
        english, korean = source.split("const ko = ")
        keys = [re.findall(r"^\s*(\w+):", part, flags=re.MULTILINE) for part in (english, korean)]
        assert keys[0] == keys[1]
        assert len(keys[0]) > least


def described(path: str) -> str:
    """The path as the description of the API writes it."""
    return path.replace("*", "{dog_id}")


class TestDescription:
    @pytest.fixture
    async def schema(self, client):
        return (await client.get("/openapi.json")).json()

    async def test_is_valid_openapi(self, schema):
        validate(schema)

    async def test_covers_every_call(self, schema):
        with_photos = ONE_PHOTO | FIVE_PHOTOS | TEXT_PHOTO
        assert set(schema["paths"]) >= {described(path) for _, path in with_photos} | {
            "/v1/icons", "/v1/icons/parts", "/v1/icons/{style}.{extension}", "/icon",
            "/files/{path}", "/healthz", "/readyz", "/metrics",
            "/v1/profiles/{profile_id}", "/v1/face-types", "/s/{share_id}",
        }  # fmt: skip

    async def test_every_photo_call_says_what_can_go_wrong(self, schema):
        for method, path in ONE_PHOTO | FIVE_PHOTOS | TEXT_PHOTO:
            responses = schema["paths"][described(path)][method.lower()]["responses"]
            assert {"413", "415", "422", "503", "504"} <= set(responses)
            assert set(responses["422"]["content"]) == {"application/problem+json"}

    async def test_a_profile_may_come_as_a_form_or_as_json(self, schema):
        content = schema["paths"]["/v1/profiles"]["post"]["requestBody"]["content"]
        assert set(content) == {"multipart/form-data", "application/json"}
        for kind in content.values():
            assert set(kind["schema"]["required"]) == {"photo", "birth_date", "mbti"}
            assert {"seed", "consent", "language", "card_picture"} <= set(kind["schema"]["properties"])

    async def test_answers_come_with_examples(self, schema):
        for name in (
            "TraitsAnswer", "FaceColorsAnswer", "FromPhotoAnswer", "IconAnswer", "KeptProfile", "Problem",
        ):  # fmt: skip
            assert schema["components"]["schemas"][name]["example"]

    async def test_the_examples_are_answers_that_could_be(self, schema):
        from gateway.schemas.face_colors import FaceColorsAnswer
        from gateway.schemas.icons import FromPhotoAnswer, IconAnswer, IconRequest
        from gateway.schemas.problem import Problem
        from gateway.schemas.profiles import KeptProfile
        from gateway.schemas.traits import TraitsAnswer

        for model in (
            TraitsAnswer, FaceColorsAnswer, FromPhotoAnswer, IconAnswer, IconRequest, KeptProfile, Problem,
        ):  # fmt: skip
            model.model_validate(schema["components"]["schemas"][model.__name__]["example"])

    async def test_the_page_about_it_needs_nothing_from_elsewhere(self, client):
        page = (await client.get("/docs")).text
        assert not re.search(r"https?://", page)
        for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
            assert f"/docs/{name}" in page
            assert len((await client.get(f"/docs/{name}")).content) > 10_000

    async def test_answers_match_the_description(self, client, schema, photo):
        from jsonschema import Draft202012Validator

        for path in ("/v1/traits", "/v1/face-colors", "/v1/icons/from-photo"):
            declared = schema["paths"][path]["post"]["responses"]["200"]["content"]["application/json"][
                "schema"
            ]
            validator = Draft202012Validator({**declared, "components": schema["components"]})
            validator.validate((await client.post(path, files=photo)).json())
        made = schema["paths"]["/v1/profiles"]["post"]["responses"]["201"]["content"]["application/json"]
        answer = await client.post(
            "/v1/profiles", files=photo, data={"birth_date": "2001-05-03", "mbti": "ENFP"}
        )
        components = {"components": schema["components"]}
        Draft202012Validator({**made["schema"], **components}).validate(answer.json())
        listed = schema["paths"]["/v1/face-types"]["get"]["responses"]["200"]["content"]["application/json"]
        answer = await client.get("/v1/face-types")
        Draft202012Validator({**listed["schema"], **components}).validate(answer.json())
        assert json.dumps(schema)
