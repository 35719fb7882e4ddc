"""Puts the gateway together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from gateway import openapi, problems
from gateway.base64_photo import encoded_length
from gateway.compat import dogs as compat_dogs
from gateway.compat import results as compat_results
from gateway.compat import routes as compat
from gateway.metrics import CountRequests, Metrics
from gateway.middleware.body_limit import BodyLimit
from gateway.middleware.count_calls import CountCalls
from gateway.middleware.disconnect import StopWhenGone
from gateway.middleware.head import HeadAsGet
from gateway.middleware.last_resort import LastResort
from gateway.middleware.request_id import RequestId
from gateway.middleware.require_key import RequireKey
from gateway.middleware.security_headers import SecurityHeaders
from gateway.problems import Problems
from gateway.routes import (
    dog_care,
    dogs,
    face_colors,
    face_types,
    files,
    found,
    health,
    icons,
    noses,
    pages,
    profiles,
    share,
    traits,
)
from gateway.settings import GatewaySettings
from gateway.state import GatewayState
from shared.object_storage import open_storage
from shared.storage_settings import StorageSettings

ONE_PHOTO = frozenset(
    {
        ("POST", "/v1/traits"),
        ("POST", "/v1/face-colors"),
        ("POST", "/v1/icons/from-photo"),
        ("POST", "/v1/noses/check"),
        ("POST", "/v1/faces/analyze"),
        ("POST", "/v1/dogs/lookup"),
        ("POST", "/v1/dogs/*/verify"),
        ("PATCH", "/v1/dogs/*"),
        *(("POST", path) for path in (*compat.PHOTO_PATHS, *compat_dogs.PHOTO_PATHS)),
    }
)
"""Calls whose body carries a photo."""

FIVE_PHOTOS = frozenset(
    {
        ("POST", "/v1/dogs"),
        ("POST", "/v1/dogs/*/noses"),
        *(("POST", path) for path in compat_dogs.FIVE_PHOTOS_PATHS),
    }
)
"""Calls whose body carries five, and perhaps one more."""


TEXT_PHOTO = frozenset(
    {("POST", "/v1/profiles"), *(("POST", path) for path in compat_results.TEXT_PHOTO_PATHS)}
)
"""Calls whose body may carry a photo in base64."""

_MODULES = (
    traits, face_colors, icons, noses, dogs, dog_care, found, profiles, face_types, share, files, health,
    pages, compat, compat_dogs, compat_results,
)  # fmt: skip


def create_app(
    settings: GatewaySettings | None = None, storage_settings: StorageSettings | None = None
) -> FastAPI:
    """The ASGI application. Nothing connects before it starts to serve.

    Args:
        settings: as read from the environment unless given.
        storage_settings: where public files are kept; as read from the environment unless given.

    """
    settings = settings or GatewaySettings()
    storage_settings = storage_settings or StorageSettings()
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.gateway = GatewayState.open(
            settings, metrics, open_storage(storage_settings), storage_settings.public_base_url
        )
        try:
            yield
        finally:
            await app.state.gateway.close()

    responder = Problems.from_settings(settings, metrics.count_problem)
    app = FastAPI(
        title="Pawtrait",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # A redirect would be to the host that the caller made up.
        redirect_slashes=False,
        middleware=_middleware(settings, metrics, responder),
    )
    problems.install(app, responder)
    openapi.install(app)
    for module in _MODULES:
        app.include_router(module.router)
    return app


def _middleware(settings: GatewaySettings, metrics: Metrics, responder: Problems) -> list[Middleware]:
    """From the outside in: whatever an inner one answers, the outer ones still see."""
    return [
        Middleware(RequestId),
        Middleware(SecurityHeaders, https_only=settings.tls_cert_file is not None),
        Middleware(HeadAsGet),
        Middleware(
            CountRequests,
            metrics=metrics,
            routes=[route for module in _MODULES for route in module.router.routes],
        ),
        Middleware(StopWhenGone),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["*"],
            expose_headers=["Content-Location", "ETag", "Retry-After", "X-Partial", "X-Request-Id"],
        ),
        Middleware(LastResort, problems=responder),
        Middleware(RequireKey, problems=responder, guard=lambda scope: scope["app"].state.gateway.keys),
        Middleware(CountCalls, problems=responder, quotas=lambda scope: scope["app"].state.gateway.quotas),
        Middleware(
            BodyLimit,
            problems=responder,
            upload_bytes={
                **dict.fromkeys(ONE_PHOTO, settings.photo_bytes),
                **dict.fromkeys(FIVE_PHOTOS, settings.five_photos_bytes),
                **dict.fromkeys(TEXT_PHOTO, encoded_length(settings.photo_bytes)),
            },
            other_bytes=settings.json_bytes,
            seconds=settings.body_time.total_seconds(),
        ),
    ]
