"""The real gateway over real gRPC servers that answer what a test tells them to.

Only what is the gateway's own is tested with them (deadlines, partial answers, error mapping); what
the services say is tested with the services themselves, in tests/integration.
"""

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as aio_health
from PIL import Image

from gateway.app import create_app
from gateway.settings import GatewaySettings
from pawtrait.common.v1 import common_pb2
from pawtrait.facecolor.v1 import facecolor_pb2, facecolor_pb2_grpc
from pawtrait.facetype.v1 import facetype_pb2_grpc
from pawtrait.icon.v1 import icon_pb2, icon_pb2_grpc
from pawtrait.noseprint.v1 import noseprint_pb2_grpc
from pawtrait.traits.v1 import traits_pb2, traits_pb2_grpc
from shared.errors import PawtraitError
from shared.grpc_status import to_status
from shared.storage_settings import StorageSettings
from shared.telemetry import configure_logging
from tests.unit.gateway.face_answers import FACE_ANSWERS
from tests.unit.gateway.nose_answers import NOSE_ANSWERS

BOX = common_pb2.Box(x_min=0.2, y_min=0.1, x_max=0.6, y_max=0.55)


def traits_answer() -> traits_pb2.ClassifyTraitsResponse:
    names = ["border_collie", "collie", "kelpie", "papillon", "shih_tzu"]
    return traits_pb2.ClassifyTraitsResponse(
        dog_probability=0.998,
        breeds=[
            traits_pb2.BreedCandidate(id=name, name=name.title(), probability=0.8 / 2**place)
            for place, name in enumerate(names)
        ],
        ear=traits_pb2.EarEstimate(value=common_pb2.EAR_UP, probability=0.93),
        fur=traits_pb2.FurEstimate(value=common_pb2.FUR_LONG, probability=0.97),
        pattern=traits_pb2.PatternEstimate(value=common_pb2.PATTERN_BLAZE, probability=0.88),
        head_shape=common_pb2.HEAD_SHAPE_LONG,
        beard=True,
        model=common_pb2.ModelInfo(name="traits-canned", version="7"),
        timings=[common_pb2.StageTime(stage="classify", milliseconds=3.5)],
    )


def heads_answer(count: int = 1) -> facecolor_pb2.DetectHeadsResponse:
    boxes = [BOX, common_pb2.Box(x_min=0.7, y_min=0.1, x_max=0.8, y_max=0.2)]
    return facecolor_pb2.DetectHeadsResponse(
        heads=[facecolor_pb2.Head(box=box, confidence=0.94) for box in boxes[:count]],
        model=common_pb2.ModelInfo(name="heads-canned", version="3"),
    )


def swatch(name: int, colour: str, share: float) -> facecolor_pb2.Swatch:
    return facecolor_pb2.Swatch(name=name, hex=colour, lightness=12.1, a=0.6, b=0.9, share=share)  # type: ignore[arg-type]


def colours_answer() -> facecolor_pb2.DetectFaceColorResponse:
    black, white = (
        swatch(common_pb2.COLOUR_BLACK, "#22201f", 0.61),
        swatch(common_pb2.COLOUR_WHITE, "#e9e5df", 0.27),
    )
    return facecolor_pb2.DetectFaceColorResponse(
        head=facecolor_pb2.Head(box=BOX, confidence=1),
        primary=black,
        secondary=white,
        palette=[black, white],
        model=common_pb2.ModelInfo(name="colours-canned", version="2"),
    )


@dataclass
class Service:
    """A running server: what it answers by method, and what it was asked."""

    behaviours: dict[str, Callable[..., Any]]
    asked: list[Any] = field(default_factory=list)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)
    server: Any = None
    port: int = 0

    async def answer(self, method: str, request: Any, context: Any) -> Any:
        self.asked.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        self.deadlines.append(context.time_remaining())
        result = self.behaviours[method](request)
        if hasattr(result, "__await__"):
            result = await result
        return result

    def fails(self, method: str, error: PawtraitError) -> None:
        def fail(_request: Any) -> Any:
            raise error

        self.behaviours[method] = fail

    async def stop(self) -> None:
        await self.server.stop(0)


def _method(service: Service, name: str) -> Any:
    async def handle(self: Any, request: Any, context: Any) -> Any:
        try:
            return await service.answer(name, request, context)
        except PawtraitError as error:
            await context.abort_with_status(to_status(error))

    return handle


async def _start(base: type, add: Callable[..., None], full_name: str, service: Service) -> Service:
    servicer = type("Canned", (base,), {name: _method(service, name) for name in service.behaviours})()
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    add(servicer, server)
    health = aio_health.HealthServicer()
    await health.set(full_name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    service.port = server.add_insecure_port("127.0.0.1:0")
    service.server = server
    await server.start()
    return service


def icon_answer(request: icon_pb2.ComposeIconRequest) -> icon_pb2.ComposeIconResponse:
    if request.style not in ("", "classic-v1"):
        from shared.errors import Reason

        raise PawtraitError(Reason.INVALID_FIELD, f"no style {request.style}", {"field": "style"})
    kind = {icon_pb2.ICON_FORMAT_SVG: "svg+xml", icon_pb2.ICON_FORMAT_WEBP: "webp"}.get(request.format, "png")
    return icon_pb2.ComposeIconResponse(
        icon=b"icon of " + request.SerializeToString(deterministic=True),
        media_type=f"image/{kind}",
        content_hash="ab" * 32,
        url="/files/icons/classic-v1/abab.png" if request.store else "",
        size=request.size or 512,
        model=common_pb2.ModelInfo(name="classic-v1", version="1"),
    )


def layers_answer(request: icon_pb2.ComposeLayersRequest) -> icon_pb2.ComposeLayersResponse:
    from shared.errors import Reason

    for layer in request.layers:
        if layer.startswith("no-such"):
            raise PawtraitError(Reason.NOT_FOUND, f"no layer {layer}", {"layer": layer})
    return icon_pb2.ComposeLayersResponse(
        icon=b"png of " + ",".join(request.layers).encode(),
        media_type="image/png",
        url=f"/files/generated/{request.store_as}" if request.store_as else "",
        model=common_pb2.ModelInfo(name="classic-v1", version="1"),
    )


def parts_answer(_request: Any) -> icon_pb2.ListPartsResponse:
    style = icon_pb2.Style(
        id="classic-v1",
        name="Classic",
        ears=[common_pb2.EAR_UP, common_pb2.EAR_DOWN],
        furs=[common_pb2.FUR_SHORT],
        patterns=[common_pb2.PATTERN_NONE],
        heads=[common_pb2.HEAD_SHAPE_ROUND],
        colours=[icon_pb2.PaintColour(name=common_pb2.COLOUR_TAN, hex="#c89b6a")],
        beards=True,
        formats=[icon_pb2.ICON_FORMAT_SVG, icon_pb2.ICON_FORMAT_PNG],
    )
    return icon_pb2.ListPartsResponse(styles=[style], min_size=32, max_size=1024)


@dataclass
class Services:
    traits: Service
    facecolor: Service
    icon: Service
    noseprint: Service
    facetype: Service


@pytest.fixture(autouse=True, scope="session")
def _logs() -> None:
    # As in production; the library's own default draws tracebacks with every local, which takes seconds.
    configure_logging("gateway")


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    traits = await _start(
        traits_pb2_grpc.TraitsServiceServicer,
        traits_pb2_grpc.add_TraitsServiceServicer_to_server,
        "pawtrait.traits.v1.TraitsService",
        Service({"ClassifyTraits": lambda _: traits_answer()}),
    )
    faces = await _start(
        facecolor_pb2_grpc.FaceColorServiceServicer,
        facecolor_pb2_grpc.add_FaceColorServiceServicer_to_server,
        "pawtrait.facecolor.v1.FaceColorService",
        Service({"DetectHeads": lambda _: heads_answer(), "DetectFaceColor": lambda _: colours_answer()}),
    )
    icons = await _start(
        icon_pb2_grpc.IconServiceServicer,
        icon_pb2_grpc.add_IconServiceServicer_to_server,
        "pawtrait.icon.v1.IconService",
        Service({"ComposeIcon": icon_answer, "ComposeLayers": layers_answer, "ListParts": parts_answer}),
    )
    noses = await _start(
        noseprint_pb2_grpc.NosePrintServiceServicer,
        noseprint_pb2_grpc.add_NosePrintServiceServicer_to_server,
        "pawtrait.noseprint.v1.NosePrintService",
        Service(dict(NOSE_ANSWERS)),
    )
    face_types = await _start(
        facetype_pb2_grpc.FaceTypeServiceServicer,
        facetype_pb2_grpc.add_FaceTypeServiceServicer_to_server,
        "pawtrait.facetype.v1.FaceTypeService",
        Service(dict(FACE_ANSWERS)),
    )
    yield Services(traits, faces, icons, noses, face_types)
    for service in (traits, faces, icons, noses, face_types):
        await service.stop()


@pytest.fixture
def open_gateway(services: Services, tmp_path: Any) -> Any:
    """Opens a client of a gateway with other settings than the usual."""

    @asynccontextmanager
    async def open_with(**changes: Any) -> AsyncIterator[httpx.AsyncClient]:
        settings = GatewaySettings(
            traits_address=f"127.0.0.1:{services.traits.port}",
            facecolor_address=f"127.0.0.1:{services.facecolor.port}",
            icon_address=f"127.0.0.1:{services.icon.port}",
            noseprint_address=f"127.0.0.1:{services.noseprint.port}",
            facetype_address=f"127.0.0.1:{services.facetype.port}",
            **{"deadline": timedelta(seconds=5), **changes},
        )
        app = create_app(settings, StorageSettings(data_dir=tmp_path, s3_bucket=None))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
                client.app = app  # type: ignore[attr-defined]
                yield client

    return open_with


@pytest.fixture
async def client(open_gateway: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with open_gateway() as opened:
        yield opened


def picture(width: int = 64, height: int = 48, kind: str = "PNG", **save: Any) -> bytes:
    rows = np.linspace(0, 255, width * height * 3).reshape(height, width, 3).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(rows).save(out, kind, **save)
    return out.getvalue()


@pytest.fixture
def photo() -> dict[str, Any]:
    """The ``files`` of a request with a small picture."""
    return {"photo": ("dog.png", picture(), "image/png")}


@pytest.fixture
def file() -> dict[str, Any]:
    """The same under the name that the older clients use."""
    return {"file": ("dog.png", picture(), "image/png")}
