"""Liveness, readiness and metrics."""

from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict, Field

from gateway.clients.health import check_all
from gateway.state import State

router = APIRouter(tags=["operation"])


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """Whether photos can be answered in full."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "ready",
                "services": {
                    "traits": "SERVING",
                    "facecolor": "SERVING",
                    "icon": "SERVING",
                    "noseprint": "SERVING",
                    "facetype": "SERVING",
                },
            }
        }
    )

    status: Literal["ready", "not_ready"]
    services: dict[str, str] = Field(
        description="gRPC health status of each service: SERVING, NOT_SERVING or UNREACHABLE."
    )


@router.get("/healthz")
async def healthz() -> Alive:
    """Liveness: the gateway's own process."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Ready, "description": "A service is not ready."}})
async def readyz(state: State, response: Response) -> Ready:
    """Readiness: every service named. 503 until all serve.

    The gateway still answers what it can while a service is down, so a probe that takes it out of a
    load balancer belongs on `/healthz`.
    """
    services = await check_all(state.channels, state.settings.health_timeout.total_seconds())
    ready = all(status == "SERVING" for status in services.values())
    response.status_code = 200 if ready else 503
    response.headers["Cache-Control"] = "no-store"
    return Ready(status="ready" if ready else "not_ready", services=services)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(state: State) -> Response:
    """Metrics in Prometheus' text format."""
    return Response(state.metrics.render(), media_type=CONTENT_TYPE_LATEST)
