"""The page of a gateway that asks for API keys."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from gateway.keys.__main__ import create
from gateway.keys.key_file import KeyFile
from tests.browser.conftest import DESK, opening
from tests.live import LiveSystem
from tests.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


@pytest.fixture
def keyed_url(live_system: LiveSystem, keys: KeyFile) -> Iterator[str]:
    """A further gateway of the running services, with keys."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    addresses = {f"{name.upper()}_ADDRESS": address for name, address in live_system.addresses.items()}
    environment = {
        **os.environ,
        **addresses,
        "PORT": str(port),
        "DATA_DIR": str(live_system.data_folder),
        "GATEWAY_KEYS": "required",
        "GATEWAY_KEYS_FILE": str(keys.path),
    }
    create(keys, "first", "register", None)
    process = subprocess.Popen([sys.executable, "-m", "gateway"], env=environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    until(answers)
    yield url
    process.terminate()
    process.wait(20)


def test_a_key_is_asked_for_when_it_is_needed_and_used_until_the_tab_closes(
    browser: Browser, keyed_url: str, keys: KeyFile, dog_file: Path
) -> None:
    with opening(browser, keyed_url) as open_with:
        page = open_with(viewport=DESK).page
        expect(page.locator("#gallery img").first).to_be_visible()  # what is drawn needs no key
        expect(page.locator("#key")).to_be_hidden()
        page.set_input_files("#file", dog_file)
        expect(page.locator("#problem")).to_contain_text("API key")
        expect(page.locator("#key-value")).to_be_focused()
        page.fill("#key-value", create(keys, "visitor", "icons,lookup", None))
        page.click("#key-form button")
        expect(page.locator("#key-state")).to_be_visible()
        page.set_input_files("#file", dog_file)
        page.wait_for_selector("#result:not([hidden])")
        page.reload()
        page.set_input_files("#file", dog_file)
        page.wait_for_selector("#result:not([hidden])")
    with opening(browser, keyed_url) as open_with:
        page = open_with(viewport=DESK).page
        page.set_input_files("#file", dog_file)
        expect(page.locator("#problem")).to_be_visible()
