"""What callers get while a service is down, hangs or comes back: no launcher here that would help."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.conftest import problem
from tests.integration.pictures import wall
from tests.integration.topology import SERVICES, Topology
from tests.waiting import until


@pytest.fixture(scope="module")
def topology(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    running = Topology(tmp_path_factory.mktemp("topology"), GATEWAY_DEADLINE="PT4S")
    try:
        running.wait_until_healthy()
        yield running
    finally:
        running.stop()


@pytest.fixture(autouse=True)
def all_back(topology: Topology) -> Iterator[None]:
    """Whatever a test did, the next one finds everything running."""
    yield
    for server in topology.servers.values():
        if server.process.poll() is not None:
            server.start()
        server.thaw()
    topology.wait_until_healthy()
    until(lambda: set(statuses(httpx.get(f"{topology.url}/readyz", timeout=5)).values()) == {"SERVING"})


@pytest.fixture
def client(topology: Topology) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=topology.url, timeout=30) as opened:
        yield opened


def statuses(ready: httpx.Response) -> dict[str, str]:
    """What /readyz says of the services that are here; that of nose prints is not."""
    return {name: status for name, status in ready.json()["services"].items() if name in SERVICES}


def from_photo(client: httpx.Client, photo: bytes) -> dict[str, Any]:
    answer = client.post("/v1/icons/from-photo", files={"photo": photo})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def unavailable(answer: httpx.Response, service: str) -> None:
    body = problem(answer, 503, "SERVICE_UNAVAILABLE")
    assert body["service"] == service
    assert int(answer.headers["retry-after"]) >= 1


def test_all_up_is_no_partial_answer(client: httpx.Client, dog: bytes) -> None:
    assert from_photo(client, dog)["partial"] == []


class TestNoTraits:
    @pytest.fixture(autouse=True)
    def _down(self, topology: Topology) -> None:
        topology.servers["traits"].kill()

    def test_from_photo_is_marked_partial(self, client: httpx.Client, dog: bytes) -> None:
        body = from_photo(client, dog)
        assert body["partial"] == ["traits"]
        assert body["traits"] is None
        assert body["face_colors"]["primary"]["name"]
        icon = client.get(body["icon"]["url"])
        assert icon.status_code == 200
        assert body["icon"]["parts"]["primary"] == body["face_colors"]["primary"]["name"]

    def test_bytes_are_marked_partial_too(self, client: httpx.Client, dog: bytes) -> None:
        answer = client.post("/v1/icons/from-photo", files={"photo": dog}, headers={"Accept": "image/png"})
        assert answer.status_code == 200
        assert answer.headers["x-partial"] == "traits"

    def test_calls_that_need_it_name_it(self, client: httpx.Client, dog: bytes) -> None:
        unavailable(client.post("/v1/traits", files={"photo": dog}), "traits")
        for call in ("/predict", "/face", "/final", "/finalImg"):
            unavailable(client.post(call, files={"file": dog}), "traits")

    def test_others_answer(self, client: httpx.Client, dog: bytes) -> None:
        colours = client.post("/v1/face-colors", files={"photo": dog})
        assert colours.status_code == 200
        assert colours.json()["partial"] == ["traits"]
        assert client.get("/v1/icons/classic-v1.png").status_code == 200

    def test_a_wall_gets_no_icon(self, client: httpx.Client) -> None:
        # Nothing is left that could tell a wall from a dog whose head was missed.
        answer = client.post("/v1/icons/from-photo", files={"photo": wall()})
        assert answer.status_code in (422, 503)
        assert answer.json()["reason"] in ("NO_DOG_FOUND", "SERVICE_UNAVAILABLE")


class TestNoFaceColours:
    @pytest.fixture(autouse=True)
    def _down(self, topology: Topology) -> None:
        topology.servers["facecolor"].kill()

    def test_from_photo_is_marked_partial(self, client: httpx.Client, dog: bytes) -> None:
        body = from_photo(client, dog)
        assert body["partial"] == ["facecolor"]
        assert body["face_colors"] is None
        assert len(body["traits"]["breed"]["top"]) == 5
        assert body["icon"]["parts"]["ear"] == body["traits"]["ear"]["value"]
        assert client.get(body["icon"]["url"]).status_code == 200

    def test_traits_are_read_from_the_whole_photo(self, client: httpx.Client, dog: bytes) -> None:
        answer = client.post("/v1/traits", files={"photo": dog})
        assert answer.status_code == 200
        assert answer.json()["partial"] == ["facecolor"]
        assert client.post("/predict", files={"file": dog}).status_code == 201

    def test_calls_that_need_it_name_it(self, client: httpx.Client, dog: bytes) -> None:
        unavailable(client.post("/v1/face-colors", files={"photo": dog}), "facecolor")
        unavailable(client.post("/color", files={"file": dog}), "facecolor")

    def test_a_wall_is_still_no_dog(self, client: httpx.Client) -> None:
        problem(client.post("/v1/icons/from-photo", files={"photo": wall()}), 422, "NO_DOG_FOUND")


class TestNoIcons:
    @pytest.fixture(autouse=True)
    def _down(self, topology: Topology) -> None:
        topology.servers["icon"].kill()

    def test_from_photo_is_marked_partial(self, client: httpx.Client, dog: bytes) -> None:
        body = from_photo(client, dog)
        assert body["partial"] == ["icon"]
        assert body["icon"] is None
        assert body["traits"]["ear"]["value"]
        assert body["face_colors"]["primary"]["name"]

    def test_who_wants_only_the_icon_is_told(self, client: httpx.Client, dog: bytes) -> None:
        answer = client.post("/v1/icons/from-photo", files={"photo": dog}, headers={"Accept": "image/*"})
        unavailable(answer, "icon")

    def test_calls_that_need_it_name_it(self, client: httpx.Client, dog: bytes) -> None:
        unavailable(client.get("/v1/icons/classic-v1.png"), "icon")
        unavailable(client.post("/v1/icons", json={}), "icon")
        unavailable(client.get("/v1/icons/parts"), "icon")
        unavailable(client.post("/icon", json=["dog-face"]), "icon")
        unavailable(client.post("/finalImg", files={"file": dog}), "icon")

    def test_others_answer_in_full(self, client: httpx.Client, dog: bytes) -> None:
        assert client.post("/v1/traits", files={"photo": dog}).json()["partial"] == []
        assert client.post("/v1/face-colors", files={"photo": dog}).json()["partial"] == []


def test_nothing_left_is_unavailable(topology: Topology, client: httpx.Client, dog: bytes) -> None:
    for server in topology.servers.values():
        server.kill()
    answer = client.post("/v1/icons/from-photo", files={"photo": dog})
    body = problem(answer, 503, "SERVICE_UNAVAILABLE")
    assert body["service"] in SERVICES
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert statuses(ready) == dict.fromkeys(SERVICES, "UNREACHABLE")
    assert client.get("/healthz").status_code == 200, "the gateway itself is alive"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("service", SERVICES)
def test_readyz_names_the_one_that_is_down(topology: Topology, client: httpx.Client, service: str) -> None:
    topology.servers[service].kill()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    services = statuses(answer)
    assert services.pop(service) == "UNREACHABLE"
    assert set(services.values()) == {"SERVING"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_comes_back_is_found_again(
    topology: Topology, client: httpx.Client, dog: bytes, service: str
) -> None:
    server = topology.servers[service]
    server.kill()
    assert from_photo(client, dog)["partial"] == [service]
    server.start()
    server.wait_until_healthy()
    until(lambda: from_photo(client, dog)["partial"] == [], 15, pause=0.2)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_hangs_ends_at_the_deadline(
    topology: Topology, client: httpx.Client, dog: bytes, service: str
) -> None:
    topology.servers[service].freeze()
    begun = time.monotonic()
    answer = client.post("/v1/icons/from-photo", files={"photo": dog})
    assert time.monotonic() - begun < 12, "the deadline is 4 s"
    if answer.status_code == 200:
        assert answer.json()["partial"] == [service]
    else:
        assert answer.status_code in (503, 504)
        assert answer.json()["service"] == service
    assert client.get("/healthz").status_code == 200


def test_bad_input_is_refused_whoever_is_down(
    topology: Topology, client: httpx.Client, tmp_path: Path
) -> None:
    for server in topology.servers.values():
        server.kill()
    problem(client.post("/v1/traits", files={"photo": b"no picture"}), 415, "NOT_AN_IMAGE")
    problem(client.post("/v1/traits"), 422, "INVALID_FIELD")
    problem(client.get("/v1/icons/classic-v1.png", params={"ear": "x"}), 422, "INVALID_FIELD")
