"""Client of the icon service."""

from collections.abc import Sequence

import grpc

from gateway.answers import Icon, IconChoices, IconFormat, IconParts, Style
from gateway.clients.channel import ServiceCaller
from gateway.clients.convert import provenance_of, word_of
from gateway.deadline import Deadline
from gateway.metrics import Metrics
from pawtrait.common.v1 import common_pb2
from pawtrait.icon.v1 import icon_pb2, icon_pb2_grpc
from shared.messages import to_number
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern


class IconClient:
    """Asks for icons."""

    service = "icon"
    full_name = icon_pb2.DESCRIPTOR.services_by_name["IconService"].full_name

    def __init__(self, channel: grpc.aio.Channel, metrics: Metrics) -> None:
        self._stub = icon_pb2_grpc.IconServiceStub(channel)
        self._call = ServiceCaller(self.service, metrics)

    async def compose(
        self, parts: IconParts, image_format: IconFormat, size: int, *, store: bool, deadline: Deadline
    ) -> Icon:
        """Compose an icon of ``size`` pixels, and keep it when asked to.

        Raises:
            PawtraitError: ``INVALID_FIELD`` for a style or size that there is not, or that the service
                could not answer.

        """
        request = icon_pb2.ComposeIconRequest(
            style=parts.style,
            ear=to_number(parts.ear, common_pb2.Ear),
            fur=to_number(parts.fur, common_pb2.Fur),
            pattern=to_number(parts.pattern, common_pb2.Pattern),
            primary=to_number(parts.primary, common_pb2.Colour),
            secondary=to_number(parts.secondary or parts.primary, common_pb2.Colour),
            head=to_number(parts.head, common_pb2.HeadShape),
            beard=parts.beard,
            format=to_number(image_format, icon_pb2.IconFormat),
            size=size,
            store=store,
        )
        answer = await self._call(self._stub.ComposeIcon, "ComposeIcon", request, deadline)
        return Icon(
            content=answer.icon,
            media_type=answer.media_type,
            content_hash=answer.content_hash,
            url=answer.url,
            size=answer.size,
            style=parts.style or answer.model.name,
            provenance=provenance_of(answer.model, answer.timings),
        )

    async def compose_layers(
        self, layers: Sequence[str], deadline: Deadline, *, store_as: str = "", size: int = 0
    ) -> Icon:
        """Compose a PNG from named layers of the older packs, and keep it when given a name.

        Raises:
            PawtraitError: ``NOT_FOUND`` with the unknown layer as ``layer``, ``INVALID_FIELD``, or that
                the service could not answer.

        """
        request = icon_pb2.ComposeLayersRequest(
            layers=layers, store_as=store_as, format=icon_pb2.ICON_FORMAT_PNG, size=size
        )
        answer = await self._call(self._stub.ComposeLayers, "ComposeLayers", request, deadline)
        return Icon(
            content=answer.icon,
            media_type=answer.media_type,
            content_hash="",
            url=answer.url,
            size=size,
            style=answer.model.name,
            provenance=provenance_of(answer.model, answer.timings),
        )

    async def choices(self, deadline: Deadline) -> IconChoices:
        """What icons can be composed of.

        Raises:
            PawtraitError: the service could not answer.

        """
        answer = await self._call(self._stub.ListParts, "ListParts", icon_pb2.ListPartsRequest(), deadline)
        styles = tuple(_to_style(style) for style in answer.styles)
        return IconChoices(styles, answer.min_size, answer.max_size)


def _to_style(style: icon_pb2.Style) -> Style:
    return Style(
        id=style.id,
        name=style.name,
        ears=tuple(word_of(ear, common_pb2.Ear, Ear, field="ears") for ear in style.ears),
        furs=tuple(word_of(fur, common_pb2.Fur, Fur, field="furs") for fur in style.furs),
        patterns=tuple(
            word_of(pattern, common_pb2.Pattern, Pattern, field="patterns") for pattern in style.patterns
        ),
        heads=tuple(word_of(head, common_pb2.HeadShape, HeadShape, field="heads") for head in style.heads),
        colours={
            word_of(paint.name, common_pb2.Colour, Colour, field="colours"): paint.hex
            for paint in style.colours
        },
        beards=style.beards,
        formats=tuple(
            word_of(form, icon_pb2.IconFormat, IconFormat, field="formats") for form in style.formats
        ),
    )
