"""The icon service over gRPC. ``python -m services.icon.server`` runs it."""

import asyncio
import hashlib
import re
from collections.abc import Mapping

import grpc

from pawtrait.common.v1 import common_pb2
from pawtrait.icon.v1 import icon_pb2, icon_pb2_grpc
from services.icon.composer import MAX_SIZE, MIN_SIZE, FileFormat, IconComposer
from services.icon.older_layers import LayerComposer
from services.icon.packs import StyleParts
from services.icon.settings import IconSettings
from services.icon.setup import open_composers
from services.icon.spec import DEFAULT_STYLE, IconSpec
from shared.errors import PawtraitError, Reason
from shared.inference_pool import InferencePool, Stopwatch
from shared.interceptors import Context
from shared.messages import to_number, to_timings, to_word
from shared.object_storage import ObjectStorage, StorageCalls, media_type_of, open_storage
from shared.server import run
from shared.storage_settings import StorageSettings
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

DEFAULT_SIZE = 512

_FORMATS: dict[int, FileFormat] = {
    icon_pb2.ICON_FORMAT_UNSPECIFIED: "png",
    icon_pb2.ICON_FORMAT_SVG: "svg",
    icon_pb2.ICON_FORMAT_PNG: "png",
    icon_pb2.ICON_FORMAT_WEBP: "webp",
}
_FORMAT_NUMBERS = {
    "svg": icon_pb2.ICON_FORMAT_SVG,
    "png": icon_pb2.ICON_FORMAT_PNG,
    "webp": icon_pb2.ICON_FORMAT_WEBP,
}
_STORE_AS = re.compile(r"[A-Za-z0-9,_-][A-Za-z0-9,_.-]{0,149}\.(jpg|png)")


class IconServer(icon_pb2_grpc.IconServiceServicer):
    """Composes icons and keeps those that are to be kept."""

    name = "icon"
    full_name = icon_pb2.DESCRIPTOR.services_by_name["IconService"].full_name

    def __init__(self, settings: IconSettings, storage: ObjectStorage) -> None:
        self._settings = settings
        self._storage = storage
        self._calls = StorageCalls(storage)
        self._pool = InferencePool(settings.workers, self.name)
        self._composer: IconComposer
        self._layers: LayerComposer

    def register(self, server: grpc.aio.Server) -> None:
        """Add this servicer to the server."""
        icon_pb2_grpc.add_IconServiceServicer_to_server(self, server)

    async def load(self) -> None:
        """Read the packs and draw one icon."""
        await asyncio.to_thread(self._load)

    def _load(self) -> None:
        self._composer, self._layers = open_composers(self._settings, self._storage)
        self._composer.render(_to_spec(icon_pb2.ComposeIconRequest()), "png", DEFAULT_SIZE)

    def models(self) -> Mapping[str, str]:
        """See :class:`shared.server.GrpcService`."""
        return {self._layers.style: self._layers.version, **self._composer.versions()}

    def close(self) -> None:
        """Stop the threads."""
        self._pool.close()
        self._calls.close()

    async def ComposeIcon(  # noqa: N802
        self, request: icon_pb2.ComposeIconRequest, context: Context
    ) -> icon_pb2.ComposeIconResponse:
        """See the contract."""
        watch = Stopwatch()
        response, style = await self._pool.run(
            lambda: self._compose(request, watch), time_left=context.time_remaining()
        )
        if request.store:
            file_format = _to_format(request.format)
            key = f"public/icons/{style}/{response.content_hash}.{file_format}"
            response.url = await self._keep(key, response.icon, watch)
        response.timings.extend(to_timings(watch.stages))
        return response

    async def ComposeLayers(  # noqa: N802
        self, request: icon_pb2.ComposeLayersRequest, context: Context
    ) -> icon_pb2.ComposeLayersResponse:
        """See the contract."""
        watch = Stopwatch()
        response, kept = await self._pool.run(
            lambda: self._compose_layers(request, watch), time_left=context.time_remaining()
        )
        if request.store_as:
            response.url = await self._keep(f"public/generated/{request.store_as}", kept, watch)
        response.timings.extend(to_timings(watch.stages))
        return response

    async def ListParts(  # noqa: N802
        self,
        request: icon_pb2.ListPartsRequest,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> icon_pb2.ListPartsResponse:
        """See the contract."""
        catalogue = self._composer.parts()
        formats = [_FORMAT_NUMBERS[name] for name in catalogue.formats]
        return icon_pb2.ListPartsResponse(
            styles=[_style_message(style, formats) for style in catalogue.styles],
            min_size=MIN_SIZE,
            max_size=MAX_SIZE,
        )

    def _compose(
        self, request: icon_pb2.ComposeIconRequest, watch: Stopwatch
    ) -> tuple[icon_pb2.ComposeIconResponse, str]:
        """The answer, and the style that was drawn."""
        spec, format_, size = _to_spec(request), _to_format(request.format), request.size or DEFAULT_SIZE
        with watch.stage("compose"):
            file = self._composer.render(spec, format_, size)
        response = icon_pb2.ComposeIconResponse(
            icon=file,
            media_type=media_type_of(f"icon.{format_}"),
            content_hash=hashlib.sha256(file).hexdigest(),
            size=size,
            model=common_pb2.ModelInfo(name=spec.style, version=self._composer.version(spec.style)),
        )
        return response, spec.style

    def _compose_layers(
        self, request: icon_pb2.ComposeLayersRequest, watch: Stopwatch
    ) -> tuple[icon_pb2.ComposeLayersResponse, bytes]:
        """The answer, and the file that is to be kept; empty: none."""
        names, size = list(request.layers), request.size or DEFAULT_SIZE
        format_ = _to_format(request.format)
        with watch.stage("compose"):
            file = self._layers.render(names, format_, size)
        kept = b""
        if request.store_as:
            name = _STORE_AS.fullmatch(request.store_as)
            if name is None:
                raise PawtraitError(
                    Reason.INVALID_FIELD, "store_as is no name of a .jpg or .png", {"field": "store_as"}
                )
            with watch.stage("compose_kept"):
                kept = self._layers.render(names, "jpg" if name[1] == "jpg" else "png", size)
        response = icon_pb2.ComposeLayersResponse(
            icon=file,
            media_type=media_type_of(f"icon.{format_}"),
            model=common_pb2.ModelInfo(name=self._layers.style, version=self._layers.version),
        )
        return response, kept

    async def _keep(self, key: str, file: bytes, watch: Stopwatch) -> str:
        """Keep a file; its address. Not in a thread that draws: those must not wait for the storage."""
        with watch.stage("store"):
            await self._calls.put(key, file)
        return self._storage.url(key)


def _to_format(number: icon_pb2.IconFormat.ValueType) -> FileFormat:
    if number not in _FORMATS:
        raise PawtraitError(Reason.INVALID_FIELD, f"there is no format {int(number)}", {"field": "format"})
    return _FORMATS[number]


def _to_spec(request: icon_pb2.ComposeIconRequest) -> IconSpec:
    primary = to_word(request.primary, common_pb2.Colour, Colour, field="primary") or Colour.TAN
    return IconSpec(
        style=request.style or DEFAULT_STYLE,
        ear=to_word(request.ear, common_pb2.Ear, Ear, field="ear") or Ear.DOWN,
        fur=to_word(request.fur, common_pb2.Fur, Fur, field="fur") or Fur.SHORT,
        pattern=to_word(request.pattern, common_pb2.Pattern, Pattern, field="pattern") or Pattern.NONE,
        primary=primary,
        secondary=to_word(request.secondary, common_pb2.Colour, Colour, field="secondary") or primary,
        head=to_word(request.head, common_pb2.HeadShape, HeadShape, field="head") or HeadShape.ROUND,
        beard=request.beard,
    )


def _style_message(style: StyleParts, formats: list[icon_pb2.IconFormat.ValueType]) -> icon_pb2.Style:
    return icon_pb2.Style(
        id=style.style,
        name=style.name,
        ears=[to_number(ear, common_pb2.Ear) for ear in style.ears],
        furs=[to_number(fur, common_pb2.Fur) for fur in style.furs],
        patterns=[to_number(pattern, common_pb2.Pattern) for pattern in style.patterns],
        heads=[to_number(head, common_pb2.HeadShape) for head in style.heads],
        colours=[
            icon_pb2.PaintColour(name=to_number(colour, common_pb2.Colour), hex=value)
            for colour, value in style.colours.items()
        ],
        beards=style.beard,
        formats=formats,
    )


def main() -> None:
    """Run the service."""
    settings = IconSettings()
    run(IconServer(settings, open_storage(StorageSettings())), settings)


if __name__ == "__main__":
    main()
