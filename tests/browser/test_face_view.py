"""The view that finds the type of a face, in Debian's Chromium, over the running system."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, Opened, OpenPage, areas
from tests.conftest import PORTRAITS
from tests.integration.facetype.conftest import ACCEPTED
from tests.live import LiveSystem

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
FACE = PORTRAITS / f"{ACCEPTED}.jpg"


@pytest.fixture
def sky(tmp_path: Path) -> Path:
    path = tmp_path / "sky.png"
    rows = np.linspace(120, 250, 600)[:, None, None] * np.array([0.6, 0.8, 1.0])
    Image.fromarray(np.broadcast_to(rows, (600, 800, 3)).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def open_face(open_page: OpenPage, live_system: LiveSystem) -> Iterator[OpenPage]:
    """Opens the view of faces."""

    def open_view(**options: object) -> Opened:
        opened = open_page(**{"viewport": DESK, **options})
        opened.page.goto(live_system.url + "/#face")
        opened.page.wait_for_selector("#types li")
        return opened

    return open_view


def send(page: Page, photo: Path = FACE) -> Page:
    page.set_input_files("#face-file", photo)
    page.fill("#face-birth_date", "2001-05-03")
    page.select_option("#face-mbti", "ENFP")
    page.click("#face-send")
    return page


def answered(page: Page) -> Page:
    page.wait_for_selector("#face-result:not([hidden])")
    return page


def loaded(page: Page, selector: str) -> bool:
    every = "[...document.querySelectorAll(selector)].every(one => one.complete && one.naturalWidth > 0)"
    page.wait_for_function(f"selector => {every}", arg=selector)
    return page.locator(selector).count() > 0


class TestResult:
    def test_the_type_with_card_parts_and_pictures(self, open_face: OpenPage) -> None:
        opened = open_face()
        page = answered(send(opened.page))
        name = page.locator("#face-result-title").inner_text()
        expect(page.locator("#face-description p")).to_have_count(2)
        assert name in (page.get_attribute("#face-card-picture", "alt") or "")
        for pictures in ("#face-card-picture", "#face-gallery img", "#face-icon", "#face-preview"):
            assert loaded(page, pictures)
        expect(page.locator("#face-gallery img")).to_have_count(4)
        assert page.evaluate("document.getElementById('face-card-picture').naturalHeight") == 1350
        assert page.locator("#face-votes li").count() == page.locator(".part-box").count() >= 1
        expect(page.locator("#face-probabilities li").first).to_contain_text(name)
        expect(page.locator("#face-result-title")).to_be_focused()
        assert opened.complaints == []

    def test_the_boxes_lie_on_the_photo(self, open_face: OpenPage) -> None:
        page = answered(send(open_face().page))
        assert loaded(page, "#face-preview")
        photo, frame = areas(page, "#face-preview", ".part-box.whole")
        assert photo.contains(frame)
        assert frame.left < (photo.left + photo.right) / 2
        assert frame.width * frame.height > 0.05 * photo.width * photo.height

    def test_the_card_can_be_saved(self, open_face: OpenPage) -> None:
        page = answered(send(open_face().page))
        with page.expect_download() as download:
            page.get_by_text("Save the card").click()
        assert download.value.suggested_filename.startswith("face-type-")
        assert Image.open(io.BytesIO(download.value.path().read_bytes())).size == (1080, 1350)

    def test_without_a_list_of_apps_sharing_copies_the_link(
        self, open_face: OpenPage, live_system: LiveSystem
    ) -> None:
        opened = open_face(permissions=["clipboard-read", "clipboard-write"])
        page = opened.page
        page.evaluate("delete Navigator.prototype.share")
        answered(send(page))
        page.get_by_role("button", name="Share").click()
        expect(page.locator("#face-status")).to_have_text("Copied")
        link = page.evaluate("navigator.clipboard.readText()")
        assert link.startswith(f"{live_system.url}/s/")
        page.goto(link)
        expect(page.locator("h1")).not_to_be_empty()
        assert loaded(page, ".share-card")
        assert opened.complaints == []

    def test_the_list_of_apps_gets_link_and_words(self, open_face: OpenPage) -> None:
        page = open_face().page
        page.evaluate("navigator.share = async (what) => { window.shared = what; }")
        name = answered(send(page)).locator("#face-result-title").inner_text()
        page.get_by_role("button", name="Share").click()
        shared = page.evaluate("window.shared")
        assert "/s/" in shared["url"]
        assert name in shared["text"]

    def test_a_profile_is_deleted_by_who_made_it(self, open_face: OpenPage) -> None:
        page = answered(send(open_face().page))
        card = page.get_attribute("#face-card-picture", "src") or ""
        page.get_by_role("button", name="Delete this profile").click()
        expect(page.locator("#face-gone")).to_contain_text("gone")
        expect(page.locator("#face-result")).to_be_hidden()
        expect(page.locator("#face-form")).to_be_visible()
        assert page.request.get(card).status == 404


class TestWhatWillNotDo:
    def test_a_photo_without_a_face_says_what_would_do(self, open_face: OpenPage, sky: Path) -> None:
        page = send(open_face().page, sky)
        problem = page.locator("#face-problem")
        expect(problem).to_contain_text("No face found")
        assert loaded(page, "#face-problem .example img")
        expect(page.locator("#face-result")).to_be_hidden()
        answered(send(page))
        expect(problem).to_be_hidden()

    def test_what_is_missing_is_said_before_anything_is_sent(self, open_face: OpenPage) -> None:
        page = open_face().page
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        page.click("#face-send")
        expect(page.get_by_role("alert")).to_contain_text("Choose a photo first.")
        expect(page.locator("#face-birth_date-problem")).to_have_text("This field is required.")
        assert page.get_attribute("#face-mbti", "aria-invalid") == "true"
        assert sent == []

    def test_a_date_to_come_is_marked(self, open_face: OpenPage) -> None:
        page = open_face().page
        page.set_input_files("#face-file", FACE)
        page.fill("#face-birth_date", "2999-01-01")
        page.select_option("#face-mbti", "ENFP")
        page.click("#face-send")
        expect(page.locator("#face-birth_date-problem")).to_contain_text("1900-01-01")
        expect(page.locator("#face-birth_date")).to_be_focused()

    def test_no_picture_is_said(self, open_face: OpenPage, tmp_path: Path) -> None:
        path = tmp_path / "x.jpg"
        path.write_bytes(b"x")
        page = send(open_face().page, path)
        expect(page.get_by_role("alert")).to_contain_text("Not a picture")


def test_the_distribution_is_drawn_and_grows(open_face: OpenPage, live_system: LiveSystem) -> None:
    page = answered(send(open_face().page))
    own = page.locator(".type-row", has_text=page.locator("#face-result-title").inner_text())
    expect(own.locator(".type-line .bar-value")).not_to_contain_text("0 profiles")
    expect(page.locator(".type-row")).to_have_count(5)
    own.locator("summary").click()
    expect(own.locator("details p").first).to_be_visible()
    page.goto(live_system.url + "/#face-types")
    expect(page.locator("#types-title")).to_be_in_viewport()


def test_korean_and_back_with_a_result_on_the_page(open_face: OpenPage) -> None:
    page = open_face(locale="ko-KR").page
    expect(page.locator("#face-headline")).to_have_text("어떤 얼굴 유형일까요?")
    expect(page.locator("#face-mbti option").first).to_have_text("고르기")
    answered(send(page))
    expect(page.locator("#face-over")).to_have_text("우리 강아지의 얼굴은")
    korean = page.locator("#face-result-title").inner_text()
    page.get_by_role("button", name="English").click()
    expect(page.locator("#face-over")).to_have_text("Your dog's face is")
    expect(page.locator("#face-result-title")).not_to_have_text(korean)
    expect(page.locator(".type-name").first).to_have_text("Flat-faced")


def test_a_dropped_photo_goes_to_this_view(open_face: OpenPage) -> None:
    page = open_face().page
    page.evaluate(
        "dispatchEvent(new CustomEvent('face-photo', {detail: new File([new Uint8Array(9)], 'a.jpg')}))"
    )
    expect(page.locator("#face-chosen")).to_be_visible()
    assert page.title() == "Pawtrait: which type of face is your dog's?"


def test_nothing_is_wider_than_the_screen_and_axe_finds_nothing_serious(
    open_face: OpenPage, sky: Path
) -> None:
    for options in ({"color_scheme": "light"}, {"color_scheme": "dark", **PHONE}):
        page = open_face(**options).page
        for photo, seen in ((sky, "#face-problem"), (FACE, "#face-result")):
            send(page, photo)
            page.wait_for_selector(f"{seen}:not([hidden])")
            for width in (320, 390, 768, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(page).response["violations"]
            serious = [
                (rule["id"], [node["html"][:120] for node in rule["nodes"]])
                for rule in found
                if rule["impact"] in ("serious", "critical")
            ]
            assert serious == []
