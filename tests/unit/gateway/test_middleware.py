"""Request ids, security headers, CORS, metrics and admission, seen from outside."""

import asyncio
import re
from typing import Any

import pytest

from tests.unit.gateway.conftest import traits_answer

ORIGIN = "https://app.example"


class TestRequestId:
    async def test_a_sane_id_is_kept(self, client):
        answer = await client.get("/healthz", headers={"x-request-id": "abc-123.x_y"})
        assert answer.headers["x-request-id"] == "abc-123.x_y"

    @pytest.mark.parametrize("odd", ["", "a b", "x" * 65, "<script>", "a\tb", "é"])
    async def test_any_other_is_replaced(self, client, odd):
        answer = await client.get("/healthz", headers={"x-request-id": odd.encode("latin-1")})
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])

    async def test_each_request_has_its_own(self, client):
        ids = {(await client.get("/healthz")).headers["x-request-id"] for _ in range(5)}
        assert len(ids) == 5


class TestSecurityHeaders:
    @pytest.mark.parametrize(
        "path", ["/", "/docs", "/healthz", "/nothing", "/v1/icons/classic-v1.svg", "/metrics"]
    )
    async def test_are_on_every_answer(self, client, path):
        answer = await client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]

    async def test_the_page_runs_its_own_script_only(self, client):
        policy = (await client.get("/")).headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy

    async def test_an_icon_opened_by_itself_can_run_nothing(self, client):
        policy = (await client.get("/v1/icons/classic-v1.svg")).headers["content-security-policy"]
        assert "sandbox" in policy
        assert "script-src" not in policy


class TestCors:
    async def test_nobody_unless_set(self, client):
        answer = await client.get("/healthz", headers={"origin": ORIGIN})
        assert "access-control-allow-origin" not in answer.headers

    async def test_who_is_set_may_call_and_read_our_headers(self, open_gateway):
        async with open_gateway(cors_origins=[ORIGIN]) as client:
            answer = await client.get("/v1/icons/classic-v1.png", headers={"origin": ORIGIN})
            assert answer.headers["access-control-allow-origin"] == ORIGIN
            assert "ETag" in answer.headers["access-control-expose-headers"]
            other = await client.get("/healthz", headers={"origin": "https://other.example"})
            assert "access-control-allow-origin" not in other.headers

    async def test_errors_can_be_read_as_well(self, open_gateway):
        async with open_gateway(cors_origins=[ORIGIN]) as client:
            answer = await client.post("/v1/traits", headers={"origin": ORIGIN})
            assert answer.status_code == 422
            assert answer.headers["access-control-allow-origin"] == ORIGIN

    async def test_preflight(self, open_gateway):
        async with open_gateway(cors_origins=[ORIGIN]) as client:
            headers = {"origin": ORIGIN, "access-control-request-method": "POST"}
            answer = await client.options("/v1/traits", headers=headers)
            assert answer.status_code == 200
            assert "POST" in answer.headers["access-control-allow-methods"]

    def test_origins_are_read_from_the_environment(self, monkeypatch):
        from gateway.settings import GatewaySettings

        monkeypatch.setenv("GATEWAY_CORS_ORIGINS", "https://a.example, https://b.example")
        assert GatewaySettings().cors_origins == ["https://a.example", "https://b.example"]


class TestSettings:
    def test_port_and_addresses_have_names_of_their_own(self, monkeypatch):
        from gateway.settings import GatewaySettings

        for name, value in {"PORT": "9001", "TRAITS_ADDRESS": "t:1", "GATEWAY_PHOTOS_WAITING": "7"}.items():
            monkeypatch.setenv(name, value)
        settings = GatewaySettings()
        assert (settings.port, settings.traits_address, settings.photos_waiting) == (9001, "t:1", 7)


class TestMetrics:
    async def test_requests_are_counted_by_route_and_status(self, client, photo):
        await client.post("/v1/traits", files=photo)
        await client.get("/v1/icons/classic-v1.png?ear=up")
        await client.get("/v1/icons/classic-v1.png?ear=sideways")
        await client.get("/wp-admin/setup.php")
        text = (await client.get("/metrics")).text
        assert 'requests_total{method="POST",route="/v1/traits",status="200"} 1.0' in text
        assert 'requests_total{method="GET",route="/v1/icons/{style}.{extension}",status="422"} 1.0' in text
        assert 'requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
        assert 'request_seconds_count{method="POST",route="/v1/traits"} 1.0' in text
        assert "wp-admin" not in text

    async def test_what_is_refused_before_it_is_routed_counts_for_its_route(self, open_gateway, photo):
        async with open_gateway(keys="required", public_scopes={"icons"}) as client:
            too_large = {"photo": ("x.jpg", bytes(16_000_000), "image/jpeg")}
            assert (await client.post("/v1/traits", files=too_large)).status_code == 413
            assert (await client.get("/v1/dogs/3f")).status_code == 401
            assert (await client.get("/wp-admin/setup.php")).status_code == 401
            text = (await client.get("/metrics")).text
        for method, route, status in (
            ("POST", "/v1/traits", 413),
            ("GET", "/v1/dogs/{dog_id}", 401),
            ("GET", "unmatched", 401),
        ):
            assert f'requests_total{{method="{method}",route="{route}",status="{status}"}} 1.0' in text

    async def test_problems_are_counted_by_reason_wherever_they_come_from(self, client, photo):
        await client.post("/v1/traits", files={"photo": ("x.jpg", b"no picture", "image/jpeg")})
        await client.post("/v1/traits", files={"photo": ("x.jpg", bytes(16_000_000), "image/jpeg")})
        await client.get("/v1/icons/classic-v1.png?ear=sideways")
        await client.get("/wp-admin/setup.php")
        await client.put("/v1/traits", files=photo)
        text = (await client.get("/metrics")).text
        for reason, status in {
            "NOT_AN_IMAGE": 415,
            "PHOTO_TOO_LARGE": 413,
            "INVALID_FIELD": 422,
            "NOT_FOUND": 404,
            "METHOD_NOT_ALLOWED": 405,
        }.items():
            assert f'pawtrait_problems_total{{reason="{reason}",status="{status}"}} 1.0' in text
        assert "process_resident_memory_bytes" in text

    async def test_calls_to_services_are_timed_by_outcome(self, client, photo, services):
        await services.icon.stop()
        await client.post("/v1/icons/from-photo", files=photo)
        text = (await client.get("/metrics")).text
        assert 'service_call_seconds_count{method="ClassifyTraits",outcome="OK",service="traits"} 1.0' in text
        assert 'method="ComposeIcon",outcome="UNAVAILABLE",service="icon"} 1.0' in text


class TestAdmission:
    async def test_under_load_the_rest_is_refused_with_a_time_to_come_back(self, open_gateway, services):
        release = asyncio.Event()

        async def wait(_request: Any) -> Any:
            await release.wait()
            return traits_answer()

        services.traits.behaviours["ClassifyTraits"] = wait
        from tests.unit.gateway.conftest import picture

        async with open_gateway(photos_in_progress=2, photos_waiting=3) as client:

            async def post() -> Any:
                return await client.post("/v1/traits", files={"photo": ("a.png", picture(), "image/png")})

            calls = [asyncio.create_task(post()) for _ in range(12)]
            refused = set()
            while len(refused) < 7:
                done, _ = await asyncio.wait(calls, timeout=5, return_when=asyncio.FIRST_COMPLETED)
                refused = done
                await asyncio.sleep(0.01)
            metrics = (await client.get("/metrics")).text
            assert "pawtrait_photos_in_progress 2.0" in metrics
            assert "pawtrait_photos_waiting 3.0" in metrics
            release.set()
            answers = await asyncio.gather(*calls)
        assert sorted(answer.status_code for answer in answers) == [200] * 5 + [503] * 7
        for answer in answers:
            if answer.status_code == 503:
                assert answer.json()["reason"] == "SERVICE_UNAVAILABLE"
                assert int(answer.headers["retry-after"]) >= 1


class TestHealth:
    async def test_alive_without_any_service(self, client, services):
        await services.traits.stop()
        assert (await client.get("/healthz")).json() == {"status": "ok"}

    async def test_ready_names_every_service(self, client):
        answer = await client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json() == {
            "status": "ready",
            "services": dict.fromkeys(("traits", "facecolor", "icon", "noseprint", "facetype"), "SERVING"),
        }

    async def test_not_ready_names_the_one_that_is_down(self, client, services):
        await services.facecolor.stop()
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["services"] == {
            "traits": "SERVING",
            "facecolor": "UNREACHABLE",
            "icon": "SERVING",
            "noseprint": "SERVING",
            "facetype": "SERVING",
        }
