"""Client of the traits service."""

import grpc

from gateway.answers import Breed, Traits
from gateway.clients.channel import ServiceCaller
from gateway.clients.convert import probability, provenance_of, word_of
from gateway.deadline import Deadline
from gateway.metrics import Metrics
from pawtrait.common.v1 import common_pb2
from pawtrait.traits.v1 import traits_pb2, traits_pb2_grpc
from shared.geometry import Box
from shared.messages import to_box_message
from shared.vocabulary import Ear, Fur, HeadShape, Pattern


class TraitsClient:
    """Asks what kind of dog a photo shows."""

    service = "traits"
    full_name = traits_pb2.DESCRIPTOR.services_by_name["TraitsService"].full_name

    def __init__(self, channel: grpc.aio.Channel, metrics: Metrics) -> None:
        self._stub = traits_pb2_grpc.TraitsServiceStub(channel)
        self._call = ServiceCaller(self.service, metrics)

    async def classify(self, photo: bytes, head: Box | None, deadline: Deadline) -> Traits:
        """Classify the dog in an encoded photo; without a head the whole photo is read.

        Raises:
            PawtraitError: ``NO_DOG_FOUND``, or that the service could not answer.

        """
        request = traits_pb2.ClassifyTraitsRequest(
            photo=photo, head=None if head is None else to_box_message(head)
        )
        answer = await self._call(self._stub.ClassifyTraits, "ClassifyTraits", request, deadline)
        return _to_traits(answer)


def _to_traits(answer: traits_pb2.ClassifyTraitsResponse) -> Traits:
    return Traits(
        dog_probability=probability(answer.dog_probability),
        breeds=tuple(Breed(breed.id, breed.name, probability(breed.probability)) for breed in answer.breeds),
        ear=word_of(answer.ear.value, common_pb2.Ear, Ear, field="ear"),
        ear_probability=probability(answer.ear.probability),
        fur=word_of(answer.fur.value, common_pb2.Fur, Fur, field="fur"),
        fur_probability=probability(answer.fur.probability),
        pattern=word_of(answer.pattern.value, common_pb2.Pattern, Pattern, field="pattern"),
        pattern_probability=probability(answer.pattern.probability),
        head=word_of(answer.head_shape, common_pb2.HeadShape, HeadShape, field="head_shape"),
        beard=answer.beard,
        provenance=provenance_of(answer.model, answer.timings),
    )
