"""The web page in Debian's Chromium, over the running system with its real weights."""

import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import FileChooser, Page, expect

from tests.browser.conftest import Opened, OpenPage, areas
from tests.conftest import Portrait

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def parts_of(address: str | None) -> dict[str, str]:
    """What the icon at an address shows."""
    return {name: values[0] for name, values in parse_qs(urlparse(address or "").query).items()}


def loaded(page: Page, selector: str) -> bool:
    """Whether a picture is there, not only its element."""
    script = "element => element.complete && element.naturalWidth > 0"
    page.wait_for_function(f"selector => ({script})(document.querySelector(selector))", arg=selector)
    return bool(page.eval_on_selector(selector, script))


class TestMainJob:
    def test_a_photo_becomes_breed_looks_colours_and_an_icon(self, opened: Opened, dog_file: Path) -> None:
        page = opened.read(dog_file)
        expect(page.locator("#breeds li")).to_have_count(5)
        expect(page.locator("#breeds li").first).to_contain_text(re.compile(r"[A-Za-z].*\d+ %", re.DOTALL))
        expect(page.locator("#traits li")).to_have_count(3)
        assert 1 <= page.locator("#named li").count() <= 2
        assert 1 <= page.locator("#palette li").count() <= 5
        expect(page.locator("#palette li").first).to_contain_text(re.compile("#[0-9a-f]{6}"))
        assert loaded(page, "#icon")
        assert loaded(page, "#preview")
        assert opened.complaints == []

    def test_the_title_names_the_breed(self, result: Page) -> None:
        best = result.locator("#breeds .bar-name").first.inner_text()
        expect(result.locator("#result-title")).to_contain_text(best)
        expect(result.locator("#status")).to_contain_text(best)

    def test_the_frame_lies_on_the_photo(self, result: Page) -> None:
        assert loaded(result, "#preview")
        photo, frame = areas(result, "#preview", "#head-box")
        assert frame.width > 0, "no head was found in the portrait"
        assert photo.contains(frame)

    def test_a_dropped_photo_is_read(self, opened: Opened, dog_file: Path) -> None:
        page = opened.page
        script = """async ([name, bytes]) => {
            const files = new DataTransfer();
            files.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
            for (const kind of ["dragenter", "dragover", "drop"]) {
              const event = { bubbles: true, cancelable: true, dataTransfer: files };
              document.body.dispatchEvent(new DragEvent(kind, event));
            }
        }"""
        page.evaluate(script, [dog_file.name, list(dog_file.read_bytes())])
        page.wait_for_selector("#result:not([hidden])")
        expect(page.locator("#veil")).to_be_hidden()

    def test_another_photo_replaces_the_first(self, opened: Opened, portraits: list[Portrait]) -> None:
        first = opened.read(portraits[0].path).locator("#preview").get_attribute("src")
        page = opened.read(portraits[1].path)
        assert page.locator("#preview").get_attribute("src") != first
        expect(page.locator("#breeds li")).to_have_count(5)


class TestDownload:
    @pytest.mark.parametrize("form", ["png", "webp"])
    def test_pictures_have_the_size_chosen(self, result: Page, form: str) -> None:
        result.select_option("#size", "256")
        with result.expect_download() as caught:
            result.click(f"#download-{form}")
        assert caught.value.suggested_filename.endswith(f".{form}")
        with Image.open(io.BytesIO(Path(caught.value.path()).read_bytes())) as image:
            assert (image.format, image.size) == (form.upper(), (256, 256))

    def test_the_drawing_is_a_drawing(self, result: Page) -> None:
        with result.expect_download() as caught:
            result.click("#download-svg")
        assert b"<svg" in Path(caught.value.path()).read_bytes()[:500]


class TestEditor:
    def test_it_starts_with_the_dog_in_the_photo(self, result: Page) -> None:
        shown = parts_of(result.get_attribute("#icon", "src"))
        for name in ("ear", "fur", "pattern", "head", "beard", "primary", "secondary"):
            assert (
                result.locator(f"#controls input[name={name}]:checked").get_attribute("value") == shown[name]
            )
        expect(result.locator("#reset")).to_be_disabled()

    @pytest.mark.parametrize("name", ["ear", "fur", "pattern", "head", "beard", "primary", "secondary"])
    def test_every_part_changes_the_icon_at_once(self, result: Page, name: str) -> None:
        before = parts_of(result.get_attribute("#icon", "src"))
        other = result.locator(f"#controls input[name={name}]:not(:checked)").first
        value = other.get_attribute("value")
        result.locator(f"label.choice:has(input[name={name}][value={value}])").click()
        assert loaded(result, "#icon")
        assert parts_of(result.get_attribute("#icon", "src")) == {**before, name: value}
        assert parts_of(result.get_attribute("#download-png", "href"))[name] == value
        result.click("#reset")
        assert parts_of(result.get_attribute("#icon", "src")) == before
        expect(result.locator("#reset")).to_be_disabled()

    def test_what_the_icon_shows_is_said_to_those_who_cannot_see_it(self, result: Page) -> None:
        result.locator("label.choice:has(input[name=primary][value=gray])").click()
        assert "Gray" in (result.get_attribute("#icon", "alt") or "")


class TestKeyboard:
    def test_the_photo_can_be_chosen(self, opened: Opened) -> None:
        page = opened.page
        # Listening from the start: turned on only just before the key, it may come too late.
        choosers: list[FileChooser] = []
        page.on("filechooser", lambda chooser: choosers.append(chooser))
        reached = []
        for _ in range(8):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id"))
            if reached[-1] == "file":
                break
        assert reached[-1] == "file", reached
        outline = page.eval_on_selector("#file + .button", "button => getComputedStyle(button).outlineStyle")
        assert outline == "solid", "the focus cannot be seen"
        page.keyboard.press("Enter")
        for _ in range(100):
            if choosers:
                break
            page.wait_for_timeout(50)
        assert choosers, "Enter opened no file chooser"

    def test_the_result_takes_the_focus_and_everything_can_be_reached(
        self, opened: Opened, dog_file: Path
    ) -> None:
        page = opened.read(dog_file)
        page.wait_for_function("document.activeElement.id === 'result-title'")
        wanted = {"size", "copy", "download-png", "download-svg", "download-webp"}
        wanted |= {"ear", "fur", "pattern", "head", "beard", "primary", "secondary"}
        reached = set()
        for _ in range(len(wanted) + 6):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.name || document.activeElement.id"))
        assert wanted <= reached

    def test_arrows_change_a_part(self, result: Page) -> None:
        before = parts_of(result.get_attribute("#icon", "src"))["pattern"]
        result.focus("#controls input[name=pattern]:checked")
        result.keyboard.press("ArrowRight")
        assert parts_of(result.get_attribute("#icon", "src"))["pattern"] != before


class TestProblems:
    def test_no_picture_says_what_to_do(self, opened: Opened) -> None:
        page = opened.page
        page.set_input_files(
            "#file", {"name": "dog.jpg", "mimeType": "image/jpeg", "buffer": b"This is no picture."}
        )
        problem = page.get_by_role("alert").filter(has_text="Not a picture")
        expect(problem).to_be_visible()
        expect(problem).to_contain_text("JPEG, PNG, WebP or HEIC")
        expect(page.locator("#result")).to_be_hidden()
        expect(page.locator("#working")).to_be_hidden()

    def test_no_dog_says_what_to_do(self, opened: Opened, tmp_path: Path) -> None:
        wall = tmp_path / "wall.png"
        Image.new("RGB", (640, 480), "#d8d2c4").save(wall)
        opened.page.set_input_files("#file", wall)
        problem = opened.page.get_by_role("alert").filter(has_text="No dog found")
        expect(problem).to_be_visible()
        assert problem.locator("li").count() >= 2

    def test_too_large_is_said_before_anything_is_sent(self, opened: Opened, tmp_path: Path) -> None:
        large = tmp_path / "large.jpg"
        large.write_bytes(bytes(16_000_000))
        sent = []
        opened.page.on("request", lambda request: sent.append(request.method))
        opened.page.set_input_files("#file", large)
        expect(opened.page.get_by_role("alert").filter(has_text="Too large")).to_contain_text("16 MB")
        assert "POST" not in sent

    def test_no_connection_can_be_tried_again(self, opened: Opened, dog_file: Path) -> None:
        page = opened.page
        page.route("**/from-photo", lambda route: route.abort())
        page.set_input_files("#file", dog_file)
        expect(page.get_by_role("alert")).to_contain_text("No connection")
        page.unroute("**/from-photo")
        page.get_by_role("button", name="Try again").click()
        page.wait_for_selector("#result:not([hidden])")
        expect(page.locator("#problem")).to_be_hidden()

    def test_a_problem_goes_away_with_the_next_photo(self, opened: Opened, dog_file: Path) -> None:
        opened.page.set_input_files("#file", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"x"})
        expect(opened.page.locator("#problem")).to_be_visible()
        opened.read(dog_file)
        expect(opened.page.locator("#problem")).to_be_hidden()


class TestLanguage:
    def test_korean_by_the_browsers_language(self, open_page: OpenPage, dog_file: Path) -> None:
        opened = open_page(locale="ko-KR")
        expect(opened.page.locator("#headline")).to_have_text("우리 강아지를 아이콘으로")
        assert opened.page.get_attribute("html", "lang") == "ko"
        page = opened.read(dog_file)
        expect(page.locator("#traits-title")).to_have_text("생김새")

    def test_problems_come_in_the_language_of_the_page(self, open_page: OpenPage) -> None:
        opened = open_page(locale="ko-KR")
        opened.page.set_input_files("#file", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"x"})
        expect(opened.page.get_by_role("alert")).to_contain_text("사진이 아니에요")

    def test_the_language_can_be_changed_with_a_result_on_the_page(
        self, opened: Opened, dog_file: Path
    ) -> None:
        page = opened.read(dog_file)
        page.get_by_role("button", name="한국어").click()
        expect(page.locator("#breed-title")).to_have_text("견종")
        expect(page.locator("#controls legend").first).to_have_text("귀")
        page.get_by_role("button", name="English").click()
        expect(page.locator("#breed-title")).to_have_text("Breed")

    def test_any_other_language_gets_english(self, open_page: OpenPage) -> None:
        expect(open_page(locale="fr-FR").page.locator("#headline")).to_have_text("Your dog, as an icon")


def test_nothing_is_wider_than_the_screen(open_page: OpenPage, dog_file: Path) -> None:
    opened = open_page()
    for page in (opened.page, opened.read(dog_file)):
        for width in (320, 390, 768, 961, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_phone_can_take_a_photo(open_page: OpenPage) -> None:
    page = open_page(**PHONE).page
    expect(page.locator("#view-icon").get_by_text("Take a photo")).to_be_visible()
    assert page.get_attribute("#camera", "capture") == "environment"


class TestAccessibility:
    """axe finds nothing serious, in light and dark, before and after a photo, and with a problem."""

    def check(self, opened: Opened) -> None:
        found = Axe().run(opened.page).response["violations"]
        serious = [
            (rule["id"], [node["html"][:120] for node in rule["nodes"]])
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]
        assert serious == []

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize(
        "device", [{"viewport": {"width": 1280, "height": 900}}, PHONE], ids=["desk", "phone"]
    )
    def test_start_and_result(
        self, open_page: OpenPage, dog_file: Path, scheme: str, device: dict[str, object]
    ) -> None:
        opened = open_page(color_scheme=scheme, **device)
        opened.page.wait_for_selector("#gallery img")
        self.check(opened)
        opened.read(dog_file)
        self.check(opened)

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_a_problem(self, open_page: OpenPage, scheme: str) -> None:
        opened = open_page(color_scheme=scheme)
        opened.page.set_input_files("#file", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"x"})
        expect(opened.page.locator("#problem")).to_be_visible()
        self.check(opened)


def test_the_description_of_the_api_is_drawn(open_page: OpenPage) -> None:
    opened = open_page()
    opened.page.goto(opened.page.url + "docs")
    expect(opened.page.locator(".swagger-ui .info .title")).to_contain_text("Pawtrait")
    expect(opened.page.locator(".opblock")).not_to_have_count(0)
    assert opened.complaints == []
