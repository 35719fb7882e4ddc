"""The catalogue, an analysis that keeps nothing, and the page that a shared link leads to."""

from html.parser import HTMLParser
from typing import Any

import pytest

from gateway.share_page import SharePage, render
from pawtrait.facetype.v1 import facetype_pb2 as faces
from shared.errors import PawtraitError, Reason
from tests.unit.gateway.face_answers import EXAMPLE, MODEL, PORTRAIT, SHARE_ID, refused_analysis


class Page(HTMLParser):
    """The tags of a page that matter here."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        name = found.get("property") or found.get("name")
        if tag == "meta" and name:
            self.meta[name] = found.get("content") or ""


class TestCatalogue:
    async def test_the_types_with_counts(self, client: Any) -> None:
        answer = await client.get("/v1/face-types")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["catalogue"], body["subject"], body["consent_required"]) == ("dogs-1", "dogs", False)
        assert [kind["profile_count"] for kind in body["types"]] == [0, 1, 2, 3, 4]
        assert body["profile_count"] == 10
        assert all(url.startswith("http://gateway.test/files/") for url in body["types"][0]["gallery"])
        assert body["refusals"][1] == {
            "reason": "CUT_OFF",
            "title": "Face cut off",
            "detail": body["refusals"][1]["detail"],
            "example_url": f"http://gateway.test{EXAMPLE}",
        }
        assert body["refusals"][0]["example_url"] is None

    async def test_in_korean(self, client: Any, services: Any) -> None:
        body = (await client.get("/v1/face-types", headers={"Accept-Language": "ko"})).json()
        assert services.facetype.asked[0].language == "ko"
        assert body["types"][0]["name"] == "납작한 얼굴형"
        assert body["refusals"][1]["title"] == "얼굴이 잘렸어요"


class TestAnalysis:
    async def test_a_face(self, client: Any, photo: Any, services: Any) -> None:
        answer = await client.post("/v1/faces/analyze", files=photo)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["outcome"], body["type"], body["advice"], body["example_url"]) == (
            "OK",
            "prick_eared",
            None,
            None,
        )
        assert body["timings_ms"]["analysis.parts"] == 12.5
        assert [type(asked).__name__ for asked in services.facetype.asked] == ["AnalyzeFaceRequest"]

    async def test_a_photo_that_will_not_do_is_an_answer(
        self, client: Any, photo: Any, services: Any
    ) -> None:
        refused = refused_analysis(faces.OUTCOME_CUT_OFF, "CUT_OFF")
        services.facetype.behaviours["AnalyzeFace"] = lambda _: faces.AnalyzeFaceResponse(
            analysis=refused, model=MODEL
        )
        answer = await client.post("/v1/faces/analyze", files=photo, headers={"Accept-Language": "ko"})
        assert answer.status_code == 200
        body = answer.json()
        assert (body["outcome"], body["type"]) == ("CUT_OFF", None)
        assert "얼굴" in body["advice"]
        assert body["example_url"] == f"http://gateway.test{EXAMPLE}"

    async def test_an_outcome_of_a_newer_contract_is_not_the_callers_fault(
        self, client: Any, photo: Any, services: Any
    ) -> None:
        odd = refused_analysis(99, "SQUINTING")
        services.facetype.behaviours["AnalyzeFace"] = lambda _: faces.AnalyzeFaceResponse(
            analysis=odd, model=MODEL
        )
        answer = await client.post("/v1/faces/analyze", files=photo)
        assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")


class TestSharedPage:
    async def test_it_unfolds_in_a_chat(self, client: Any, services: Any) -> None:
        answer = await client.get(f"/s/{SHARE_ID}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        page = Page(answer.text)
        assert services.facetype.asked[0].language == "", "in the language of the card"
        assert page.meta["og:title"] == page.meta["twitter:title"] == "쫑긋 귀 얼굴형"
        assert page.meta["og:url"] == f"http://gateway.test/s/{SHARE_ID}"
        assert page.meta["og:image"] == f"http://gateway.test/files/cards/{SHARE_ID}/landscape.png"
        assert (page.meta["og:image:width"], page.meta["og:image:height"]) == ("1200", "630")
        assert page.meta["twitter:card"] == "summary_large_image"
        assert page.meta["og:locale"] == "ko_KR"
        assert page.meta["og:description"] == "One line. And <another> & more."

    async def test_search_engines_and_caches_are_told(self, client: Any) -> None:
        answer = await client.get(f"/s/{SHARE_ID}")
        assert "noindex" in answer.headers["x-robots-tag"]
        assert Page(answer.text).meta["robots"] == "noindex"
        assert answer.headers["cache-control"] == "no-cache"

    async def test_it_shows_card_and_type_and_nothing_of_the_person(self, client: Any) -> None:
        answer = await client.get(f"/s/{SHARE_ID}", headers={"Accept-Language": "en"})
        images = [tag["src"] for name, tag in Page(answer.text).tags if name == "img"]
        assert f"http://gateway.test{PORTRAIT}" in images
        assert "Prick-eared" in answer.text
        assert "Look of Prick-eared." in answer.text
        for secret in ("2001", "ENFP", "icons/", "<script"):
            assert secret not in answer.text

    async def test_the_page_says_where_its_pictures_may_come_from(self, client: Any, services: Any) -> None:
        def elsewhere(_: Any) -> faces.GetSharedProfileResponse:
            return faces.GetSharedProfileResponse(
                type=faces.FaceType(id="a", name="A"),
                share_card_url="https://cdn.example:8443/a.png",
                language="en",
            )

        services.facetype.behaviours["GetSharedProfile"] = elsewhere
        policy = (await client.get(f"/s/{SHARE_ID}")).headers["content-security-policy"]
        assert "img-src 'self' https://cdn.example:8443 data: blob:" in policy
        assert "script-src 'self';" in policy

    @pytest.mark.parametrize("reason", [Reason.NOT_FOUND, Reason.INVALID_FIELD])
    async def test_a_card_that_is_gone_is_a_page_too(
        self, client: Any, services: Any, reason: Reason
    ) -> None:
        services.facetype.fails("GetSharedProfile", PawtraitError(reason, "gone"))
        answer = await client.get(f"/s/{SHARE_ID}", headers={"Accept-Language": "ko"})
        assert answer.status_code == 404
        assert "이제 볼 수 없는 카드예요" in answer.text
        assert "noindex" in answer.headers["x-robots-tag"]

    async def test_a_set_address_is_the_one_to_share(self, services: Any, tmp_path: Any) -> None:
        import httpx

        from gateway.app import create_app
        from gateway.settings import GatewaySettings
        from shared.storage_settings import StorageSettings

        settings = GatewaySettings(facetype_address=f"127.0.0.1:{services.facetype.port}")
        storage = StorageSettings(data_dir=tmp_path, s3_bucket=None, public_base_url="https://paw.example")
        app = create_app(settings, storage)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
                page = Page((await client.get(f"/s/{SHARE_ID}")).text)
                home = await client.get("/")
        assert page.meta["og:url"] == f"https://paw.example/s/{SHARE_ID}"
        assert "https://paw.example" in home.headers["content-security-policy"]

    def test_every_text_is_escaped(self) -> None:
        evil = '"><script>alert(1)</script>'
        page = SharePage(
            url=f"https://a.example/{evil}",
            language="en",
            type_name=evil,
            lines=(evil, evil),
            description=f"{evil}\n\n{evil}",
            portrait_url=evil,
            landscape_url=evil,
            card_language="en",
        )
        text = render(page)
        assert "<script" not in text
        assert [name for name, _ in Page(text).tags].count("script") == 0
