"""Client of the face-colour service."""

import grpc

from gateway.answers import FaceColours, Head, Heads, Swatch
from gateway.clients.channel import ServiceCaller
from gateway.clients.convert import box_of, probability, provenance_of, word_of
from gateway.deadline import Deadline
from gateway.metrics import Metrics
from pawtrait.common.v1 import common_pb2
from pawtrait.facecolor.v1 import facecolor_pb2, facecolor_pb2_grpc
from shared.geometry import Box
from shared.messages import to_box_message
from shared.vocabulary import Colour


class FaceColorClient:
    """Asks where dogs' heads are and what colours a face has."""

    service = "facecolor"
    full_name = facecolor_pb2.DESCRIPTOR.services_by_name["FaceColorService"].full_name

    def __init__(self, channel: grpc.aio.Channel, metrics: Metrics) -> None:
        self._stub = facecolor_pb2_grpc.FaceColorServiceStub(channel)
        self._call = ServiceCaller(self.service, metrics)

    async def detect_heads(self, photo: bytes, deadline: Deadline) -> Heads:
        """Find the heads in an encoded photo, the largest first; there may be none.

        Raises:
            PawtraitError: the service could not answer.

        """
        request = facecolor_pb2.DetectHeadsRequest(photo=photo)
        answer = await self._call(self._stub.DetectHeads, "DetectHeads", request, deadline)
        heads = tuple(Head(box_of(head.box), probability(head.confidence)) for head in answer.heads)
        return Heads(heads, provenance_of(answer.model, answer.timings))

    async def read_colours(self, photo: bytes, head: Box, deadline: Deadline) -> FaceColours:
        """Read the colours of a face in an encoded photo.

        Raises:
            PawtraitError: the service could not answer.

        """
        request = facecolor_pb2.DetectFaceColorRequest(photo=photo, head=to_box_message(head))
        answer = await self._call(self._stub.DetectFaceColor, "DetectFaceColor", request, deadline)
        return FaceColours(
            primary=_to_swatch(answer.primary),
            secondary=_to_swatch(answer.secondary) if answer.HasField("secondary") else None,
            palette=tuple(_to_swatch(swatch) for swatch in answer.palette),
            provenance=provenance_of(answer.model, answer.timings),
        )


def _to_swatch(swatch: facecolor_pb2.Swatch) -> Swatch:
    return Swatch(
        name=word_of(swatch.name, common_pb2.Colour, Colour, field="colour"),
        hex=swatch.hex,
        lab=(round(swatch.lightness, 2), round(swatch.a, 2), round(swatch.b, 2)),
        share=probability(swatch.share),
    )
