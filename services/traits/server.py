"""The traits service over gRPC. ``python -m services.traits.server`` runs it."""

import asyncio
from collections.abc import Mapping

import grpc
import numpy as np

from pawtrait.common.v1 import common_pb2
from pawtrait.traits.v1 import traits_pb2, traits_pb2_grpc
from services.traits.classifier import Traits, TraitsClassifier
from services.traits.preprocessing import LONGEST
from services.traits.settings import TraitsSettings
from shared.errors import PawtraitError, Reason
from shared.geometry import Box
from shared.inference_pool import InferencePool, Stopwatch
from shared.interceptors import Context
from shared.messages import to_box, to_number, to_timings
from shared.pictures import decode_picture
from shared.server import run

MAX_SIDE = LONGEST
"""Longest side, pixels, that photos are decoded to: the classifier looks at no more."""


class TraitsServer(traits_pb2_grpc.TraitsServiceServicer):
    """Decodes, classifies and refuses what is no dog."""

    name = "traits"
    full_name = traits_pb2.DESCRIPTOR.services_by_name["TraitsService"].full_name

    def __init__(self, settings: TraitsSettings) -> None:
        self._settings = settings
        self._pool = InferencePool(settings.workers, self.name)
        self._classifier: TraitsClassifier

    def register(self, server: grpc.aio.Server) -> None:
        """Add this servicer to the server."""
        traits_pb2_grpc.add_TraitsServiceServicer_to_server(self, server)

    async def load(self) -> None:
        """Load the network and classify a grey picture, so that the first caller waits no longer."""
        await asyncio.to_thread(self._load)

    def _load(self) -> None:
        self._classifier = TraitsClassifier(self._settings.model_folder, self._settings.inference_threads)
        self._classifier.classify(np.full((64, 64, 3), 128, np.uint8), Box(0.2, 0.2, 0.8, 0.8))

    def models(self) -> Mapping[str, str]:
        """See :class:`shared.server.GrpcService`."""
        return {self._classifier.name: self._classifier.version}

    def close(self) -> None:
        """Stop the threads."""
        self._pool.close()

    async def ClassifyTraits(  # noqa: N802
        self,
        request: traits_pb2.ClassifyTraitsRequest,
        context: Context,
    ) -> traits_pb2.ClassifyTraitsResponse:
        """See the contract."""
        head = to_box(request.head, field="head") if request.HasField("head") else None
        return await self._pool.run(
            lambda: self._classify(request.photo, head), time_left=context.time_remaining()
        )

    def _classify(self, photo: bytes, head: Box | None) -> traits_pb2.ClassifyTraitsResponse:
        watch = Stopwatch()
        with watch.stage("decode"):
            image = decode_picture(photo, max_side=MAX_SIDE)
        with watch.stage("classify"):
            traits = self._classifier.classify(image, head)
        if not traits.is_dog:
            raise PawtraitError(
                Reason.NO_DOG_FOUND,
                "the photo shows no dog",
                {"dog_probability": f"{traits.dog_probability:.4f}"},
            )
        response = _to_message(traits)
        response.model.CopyFrom(
            common_pb2.ModelInfo(name=self._classifier.name, version=self._classifier.version)
        )
        response.timings.extend(to_timings(watch.stages))
        return response


def _to_message(traits: Traits) -> traits_pb2.ClassifyTraitsResponse:
    return traits_pb2.ClassifyTraitsResponse(
        dog_probability=traits.dog_probability,
        breeds=[
            traits_pb2.BreedCandidate(id=breed.id, name=breed.name, probability=breed.probability)
            for breed in traits.breeds
        ],
        ear=traits_pb2.EarEstimate(
            value=to_number(traits.ear.value, common_pb2.Ear), probability=traits.ear.probability
        ),
        fur=traits_pb2.FurEstimate(
            value=to_number(traits.fur.value, common_pb2.Fur), probability=traits.fur.probability
        ),
        pattern=traits_pb2.PatternEstimate(
            value=to_number(traits.pattern.value, common_pb2.Pattern),
            probability=traits.pattern.probability,
        ),
        head_shape=to_number(traits.head, common_pb2.HeadShape),
        beard=traits.beard,
    )


if __name__ == "__main__":
    settings = TraitsSettings()
    run(TraitsServer(settings), settings)
