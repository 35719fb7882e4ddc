"""A browser with the page of the running system open."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import Portrait
from tests.live import LiveSystem

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def _chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


# No longer than this package: Playwright keeps an event loop running, beside which no other test's can.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = _chromium()
    if path is None:
        pytest.skip("no Chromium: install Debian's chromium, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


DESK = {"width": 1280, "height": 900}


class Opened:
    """A page of the running system, and everything its console complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def read(self, photo: Path) -> Page:
        """Choose a photo and wait for what was found."""
        self.page.set_input_files("#file", photo)
        self.page.wait_for_selector("#result:not([hidden])")
        return self.page


OpenPage = Callable[..., Opened]


@dataclass(frozen=True, slots=True)
class Area:
    """Where an element lies, in pixels of the window."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Nothing for an element that is not shown."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Nothing for an element that is not shown."""
        return self.bottom - self.top

    def contains(self, other: "Area") -> bool:
        """Whether ``other`` lies within, give or take a pixel."""
        return (
            other.left >= self.left - 1
            and other.top >= self.top - 1
            and other.right <= self.right + 1
            and other.bottom <= self.bottom + 1
        )


def areas(page: Page, *selectors: str) -> list[Area]:
    """Where elements lie, all measured at one moment: between two questions a page may move."""
    script = """selectors => selectors.map(selector => {
        const {left, top, right, bottom} = document.querySelector(selector).getBoundingClientRect();
        return {left, top, right, bottom};
    })"""
    return [Area(**measured) for measured in page.evaluate(script, list(selectors))]


@contextmanager
def opening(browser: Browser, url: str) -> Iterator[OpenPage]:
    """Opens pages, each in a context of its own, and closes them in the end."""
    contexts = []

    def open_with(**options: Any) -> Opened:
        # Smooth scrolling would have tests wait for where things come to rest.
        context = browser.new_context(**{"locale": "en-US", "reduced_motion": "reduce", **options})
        context.set_default_timeout(30_000)
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.goto(url)
        return opened

    yield open_with
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(browser: Browser, live_system: LiveSystem) -> Iterator[OpenPage]:
    with opening(browser, live_system.url) as open_with:
        yield open_with


@pytest.fixture
def opened(open_page: OpenPage) -> Opened:
    """The page as someone with a desktop and English sees it."""
    return open_page(viewport=DESK)


@pytest.fixture(scope="module")
def page_with_result(browser: Browser, live_system: LiveSystem, dog_file: Path) -> Iterator[Opened]:
    with opening(browser, live_system.url) as open_with:
        opened = open_with(viewport=DESK)
        opened.read(dog_file)
        yield opened


@pytest.fixture
def result(page_with_result: Opened) -> Iterator[Page]:
    """The page with what was found in a photo; tests share it, and each leaves the icon as it was."""
    yield page_with_result.page
    if page_with_result.page.is_enabled("#reset"):
        page_with_result.page.click("#reset")


@pytest.fixture(scope="session")
def dog_file(portraits: list[Portrait]) -> Path:
    return portraits[0].path
