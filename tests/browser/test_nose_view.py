"""The view that finds a dog by its nose, in Debian's Chromium.

The noses are drawn, so that it is known beforehand whose they are; the register behind the page is real.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from shared.database.embedded import EmbeddedPostgres
from tests.browser.conftest import Opened, OpenPage, areas, opening
from tests.conftest import Portrait, new_database
from tests.integration.noseprint import drawn
from tests.live import LiveSystem
from tests.nose_system import running_nose_system

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
REGISTERED, UNREGISTERED = 71, 72
FIELDS = {"owner_name": "Kim Boho", "owner_phone": "010-1234-5678", "dog_name": "Kkung"}


@pytest.fixture(scope="module")
def nose_system(
    live_system: LiveSystem,
    postgres: EmbeddedPostgres,
    portraits: list[Portrait],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Address of a gateway beside the running one whose service reads drawn noses; one dog is registered."""
    others = {name: live_system.addresses[name] for name in ("traits", "facecolor", "icon")}
    folder = tmp_path_factory.mktemp("nose-system")
    with new_database(postgres) as database, running_nose_system(folder, database, others) as url:
        _register(url, portraits[0])
        yield url


def _register(url: str, portrait: Portrait) -> None:
    files = [("nose", (f"{index}.png", photo)) for index, photo in enumerate(drawn.views(REGISTERED))]
    files.append(("profile", (portrait.path.name, portrait.data)))
    answer = httpx.post(f"{url}/v1/dogs", files=files, data={**FIELDS, "dog_breed": "Jindo"}, timeout=60)
    assert answer.status_code == 201, answer.text


@pytest.fixture
def open_nose(browser: Browser, nose_system: str) -> Iterator[OpenPage]:
    """Opens the view of noses."""
    with opening(browser, nose_system) as open_page:

        def open_view(**options: object) -> Opened:
            opened = open_page(**options)
            opened.page.goto(nose_system + "/#nose")
            opened.page.wait_for_selector("#slots li")
            return opened

        yield open_view


def nose_file(folder: Path, dog: int, view: int) -> Path:
    path = folder / f"nose-{dog}-{view}.png"
    path.write_bytes(drawn.photo(dog, view))
    return path


def look_up(page: Page, photo: Path) -> Page:
    page.set_input_files("#nose-file", photo)
    page.wait_for_selector("#nose-result:not([hidden])")
    return page


def loaded(page: Page, selector: str) -> bool:
    script = "one => one.complete && one.naturalWidth > 0"
    page.wait_for_function(f"selector => ({script})(document.querySelector(selector))", arg=selector)
    return True


def fill_in(page: Page, folder: Path, dog: int, first: int = 0) -> None:
    page.set_input_files("#slot-0", [nose_file(folder, dog, first + number) for number in range(5)])
    expect(page.locator(".slot.good")).to_have_count(5)
    for name, value in FIELDS.items():
        page.fill(f"#field-{name}", value)


class TestFinding:
    def test_a_registered_dog_is_shown_and_its_owner_told(self, open_nose: OpenPage, tmp_path: Path) -> None:
        opened = open_nose()
        page = look_up(opened.page, nose_file(tmp_path, REGISTERED, 40))
        expect(page.locator("#nose-result-title")).to_have_text("This is Kkung")
        answer = page.locator("#nose-answer")
        expect(answer).to_contain_text("Jindo")
        expect(answer).to_contain_text("% sure")
        expect(answer).to_contain_text("****")
        expect(answer).not_to_contain_text("Kim Boho")
        assert loaded(page, ".dog .profile")
        page.locator(".evidence").scroll_into_view_if_needed()
        assert loaded(page, ".evidence")
        page.fill("#report-message", "She is with me, near the park.")
        page.fill("#report-contact", "010-0000-0000")
        page.get_by_role("button", name="Send").click()
        expect(answer.locator(".sent")).to_be_visible()
        assert opened.complaints == []

    def test_a_stranger_gets_an_honest_no(self, open_nose: OpenPage, tmp_path: Path) -> None:
        page = look_up(open_nose().page, nose_file(tmp_path, UNREGISTERED, 0))
        expect(page.locator("#nose-result-title")).to_have_text("Not found in the register")
        expect(page.locator("#nose-answer .dog")).to_have_count(0)
        assert page.locator("#nose-answer li").count() == 2

    def test_a_photo_that_will_not_do_says_what_to_do_better(
        self, open_nose: OpenPage, tmp_path: Path
    ) -> None:
        photo = tmp_path / "grey.png"
        photo.write_bytes(drawn.grey())
        page = look_up(open_nose().page, photo)
        expect(page.locator("#nose-result-title")).to_have_text("Let's try another photo")
        expect(page.locator("#nose-answer li")).to_contain_text("could not find a dog's nose")
        expect(page.locator("#nose-box")).to_be_hidden()

    def test_the_frame_lies_on_the_nose(self, open_nose: OpenPage, tmp_path: Path) -> None:
        page = look_up(open_nose().page, nose_file(tmp_path, UNREGISTERED, 1))
        assert loaded(page, "#nose-preview")
        photo, frame = areas(page, "#nose-preview", "#nose-box")
        assert photo.contains(frame)
        assert abs((frame.left - photo.left) / photo.width - 0.25) < 0.05
        assert abs(frame.width / photo.width - 0.5) < 0.05

    def test_no_picture_is_said(self, open_nose: OpenPage) -> None:
        page = open_nose().page
        page.set_input_files("#nose-file", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"x"})
        expect(page.get_by_role("alert")).to_contain_text("Not a picture")


class TestRegistering:
    def test_five_photos_and_the_form_make_a_registration(self, open_nose: OpenPage, tmp_path: Path) -> None:
        opened = open_nose()
        page = opened.page
        fill_in(page, tmp_path, 80)
        page.select_option("#field-dog_sex", "female")
        page.click("#register-send")
        done = page.locator("#register-done")
        expect(done).to_contain_text("Kkung is registered")
        expect(done.locator("code").first).to_contain_text("-5678")
        assert len(page.locator("#owner-token").inner_text()) >= 20
        expect(page.locator("#register-form")).to_be_hidden()
        look_up(page, nose_file(tmp_path, 80, 50))
        expect(page.locator("#nose-result-title")).to_have_text("This is Kkung")
        assert opened.complaints == []

    def test_a_known_dog_is_shown_and_can_be_disputed(self, open_nose: OpenPage, tmp_path: Path) -> None:
        page = open_nose().page
        fill_in(page, tmp_path, REGISTERED, 90)
        page.click("#register-send")
        problem = page.locator("#register-problem")
        expect(problem).to_contain_text("Already registered")
        expect(problem.locator(".dog")).to_contain_text("Jindo")
        page.get_by_role("button", name="register as disputed").click()
        expect(page.locator("#register-done")).to_contain_text("waiting for a person")

    def test_what_is_missing_is_said_before_anything_is_sent(
        self, open_nose: OpenPage, tmp_path: Path
    ) -> None:
        page = open_nose().page
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        page.click("#register-send")
        expect(page.get_by_role("alert")).to_contain_text("Five photos, please")
        expect(page.locator("#field-owner_phone-problem")).to_have_text("This field is required.")
        assert page.get_attribute("#field-owner_phone", "aria-invalid") == "true"
        assert sent == []

    def test_the_photo_and_the_field_at_fault_are_marked(self, open_nose: OpenPage, tmp_path: Path) -> None:
        page = open_nose().page
        fill_in(page, tmp_path, 81)
        page.fill("#field-owner_phone", "12")
        page.click("#register-send")
        expect(page.locator("#field-owner_phone-problem")).not_to_be_empty()
        photo = tmp_path / "grey.png"
        photo.write_bytes(drawn.grey())
        page.set_input_files("#slot-3", photo)
        expect(page.locator("#slots li").nth(3)).to_contain_text("could not find a dog's nose")
        expect(page.locator(".slot.good")).to_have_count(4)


def test_korean_and_back_with_a_result_on_the_page(open_nose: OpenPage, tmp_path: Path) -> None:
    page = open_nose(locale="ko-KR").page
    expect(page.locator("#nose-headline")).to_have_text("코로 강아지를 찾아요")
    look_up(page, nose_file(tmp_path, UNREGISTERED, 2))
    expect(page.locator("#nose-result-title")).to_have_text("등록된 강아지 중에 없어요")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#nose-result-title")).to_have_text("Not found in the register")
    expect(page.locator("label[for=field-dog_name]")).to_have_text("Dog's name")


def test_the_views_change_places(open_nose: OpenPage) -> None:
    page = open_nose().page
    expect(page.locator("#headline")).to_be_hidden()
    assert page.title() == "Pawtrait: find a dog by its nose"
    page.locator("a[data-view=icon]").click()
    expect(page.locator("#headline")).to_be_visible()
    expect(page.locator("#nose-headline")).to_be_hidden()
    page.go_back()
    expect(page.locator("#nose-headline")).to_be_visible()


def test_nothing_is_wider_than_the_screen_and_axe_finds_nothing_serious(
    open_nose: OpenPage, tmp_path: Path
) -> None:
    for options in ({"color_scheme": "light"}, {"color_scheme": "dark", **PHONE}):
        page = open_nose(**options).page
        look_up(page, nose_file(tmp_path, REGISTERED, 41))
        page.click("#register-send")
        expect(page.locator("#register-problem")).to_be_visible()
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
