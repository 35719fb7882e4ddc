"""Client of the face type service."""

from datetime import UTC

import grpc

from gateway.clients.channel import ServiceCaller
from gateway.clients.convert import box_of, probability, provenance_of, word_of
from gateway.deadline import Deadline
from gateway.dogs import Credentials
from gateway.metrics import Metrics
from gateway.profiles import (
    AnalysedFace,
    CreatedProfile,
    FaceAnalysis,
    FaceType,
    FaceTypes,
    NewProfile,
    Outcome,
    Part,
    PartVote,
    Profile,
    Refusal,
    SharedProfile,
)
from pawtrait.facetype.v1 import facetype_pb2, facetype_pb2_grpc
from shared.errors import PawtraitError, Reason
from shared.messages import to_number

Metadata = tuple[tuple[str, str], ...]


class FaceTypeClient:
    """Asks about faces, their types and kept profiles.

    Every method raises ``PawtraitError``: what the service answered, or that it could not.
    """

    service = "facetype"
    full_name = facetype_pb2.DESCRIPTOR.services_by_name["FaceTypeService"].full_name
    once = (f"{full_name}/DeleteProfile",)

    def __init__(self, channel: grpc.aio.Channel, metrics: Metrics) -> None:
        self._stub = facetype_pb2_grpc.FaceTypeServiceStub(channel)
        self._call = ServiceCaller(self.service, metrics)

    async def analyse(self, photo: bytes, deadline: Deadline) -> AnalysedFace:
        """Say what a photo shows; nothing is kept."""
        request = facetype_pb2.AnalyzeFaceRequest(photo=photo)
        answer = await self._call(self._stub.AnalyzeFace, "AnalyzeFace", request, deadline)
        return AnalysedFace(_to_analysis(answer.analysis), provenance_of(answer.model, answer.timings))

    async def create(self, new: NewProfile, deadline: Deadline) -> CreatedProfile:
        """Make a profile."""
        request = facetype_pb2.CreateProfileRequest(
            photo=new.photo,
            birth_date=new.birth_date.isoformat(),
            mbti=new.mbti,
            seed=new.seed,
            consent=new.consent,
            icon_png=new.icon_png,
            icon_url=new.icon_url,
            language=new.language,
            card_picture=to_number(new.card_picture, facetype_pb2.CardPicture),
            request_id=new.call_id,
        )
        answer = await self._call(self._stub.CreateProfile, "CreateProfile", request, deadline)
        return CreatedProfile(
            _to_profile(answer.profile), answer.token, provenance_of(answer.model, answer.timings)
        )

    async def get(self, profile_id: str, language: str, caller: Credentials, deadline: Deadline) -> Profile:
        """Read a profile; an empty language is that of its cards."""
        request = facetype_pb2.GetProfileRequest(profile_id=profile_id, language=language)
        answer = await self._call(self._stub.GetProfile, "GetProfile", request, deadline, _metadata(caller))
        return _to_profile(answer.profile)

    async def delete(self, profile_id: str, caller: Credentials, deadline: Deadline) -> None:
        """Delete a profile with everything that is kept of it."""
        request = facetype_pb2.DeleteProfileRequest(profile_id=profile_id)
        await self._call(self._stub.DeleteProfile, "DeleteProfile", request, deadline, _metadata(caller))

    async def types(self, language: str, deadline: Deadline) -> FaceTypes:
        """The catalogue with counts; an empty language is the catalogue's first."""
        request = facetype_pb2.ListTypesRequest(language=language)
        answer = await self._call(self._stub.ListTypes, "ListTypes", request, deadline)
        return FaceTypes(
            catalogue=answer.catalogue,
            subject=answer.subject,
            consent_required=answer.consent_required,
            language=answer.language,
            languages=tuple(answer.languages),
            types=tuple(_to_type(kind) for kind in answer.types),
            refusals=tuple(
                Refusal(_to_outcome(refusal.outcome), refusal.example_url) for refusal in answer.refusals
            ),
        )

    async def shared(self, share_id: str, language: str, deadline: Deadline) -> SharedProfile:
        """What the public page of a profile may show; an empty language is that of its cards."""
        request = facetype_pb2.GetSharedProfileRequest(share_id=share_id, language=language)
        answer = await self._call(self._stub.GetSharedProfile, "GetSharedProfile", request, deadline)
        return SharedProfile(
            type=_to_type(answer.type),
            portrait_url=answer.share_card_url,
            landscape_url=answer.share_card_landscape_url,
            card_language=answer.card_language,
            language=answer.language,
        )


def _metadata(caller: Credentials) -> Metadata:
    return (("authorization", f"Bearer {caller.token}"),) if caller.token else ()


def _to_outcome(number: "facetype_pb2.Outcome.ValueType") -> Outcome:
    """The outcome, which is spelled as reasons are: not in lower case like other words."""
    try:
        return Outcome(facetype_pb2.Outcome.Name(number).removeprefix("OUTCOME_"))
    except ValueError as error:
        raise PawtraitError(Reason.INTERNAL, "a service answered without a usable outcome") from error


def _to_analysis(analysis: facetype_pb2.Analysis) -> FaceAnalysis:
    return FaceAnalysis(
        outcome=_to_outcome(analysis.outcome),
        type_id=analysis.type_id or None,
        probabilities={found.type_id: probability(found.probability) for found in analysis.probabilities},
        parts=tuple(
            PartVote(
                word_of(vote.part, facetype_pb2.Part, Part, field="part"),
                box_of(vote.box),
                vote.type_id or None,
                probability(vote.probability),
            )
            for vote in analysis.parts
        ),
        example_url=analysis.example_url,
    )


def _to_type(kind: facetype_pb2.FaceType) -> FaceType:
    return FaceType(
        id=kind.id,
        name=kind.name,
        description=kind.description,
        card_lines=tuple(kind.card_lines),
        common_breeds=tuple(kind.common_breeds),
        gallery=tuple(kind.gallery),
        profile_count=kind.profile_count,
    )


def _to_profile(profile: facetype_pb2.Profile) -> Profile:
    return Profile(
        id=profile.id,
        share_id=profile.share_id,
        analysis=_to_analysis(profile.analysis),
        type=_to_type(profile.type),
        gallery=tuple(profile.gallery),
        icon_url=profile.icon_url,
        portrait_url=profile.share_card_url,
        landscape_url=profile.share_card_landscape_url,
        birth_date=profile.birth_date,
        mbti=profile.mbti,
        language=profile.language,
        catalogue=profile.catalogue,
        model=provenance_of(profile.model, ()),
        created_at=profile.created_at.ToDatetime(UTC),
        expires_at=profile.expires_at.ToDatetime(UTC),
    )
