"""Between messages of the contract and plain Python. Used by the server only."""

from collections.abc import Sequence

from pawtrait.common.v1 import common_pb2
from pawtrait.facetype.v1 import facetype_pb2
from services.facetype.catalogue import Catalogue, Language
from services.facetype.create_profile import CreatedProfile
from services.facetype.creation import GivenFields, invalid_fields
from services.facetype.face import FaceAnalysis, Outcome
from services.facetype.profiles.facts import parse_language
from services.facetype.showcase import Showcase
from services.facetype.views import ProfileView, SharedView, TypeView
from shared.messages import to_box_message, to_number, to_timings

MODEL = "face-type"
"""Name of the models in answers."""
_CARD_PICTURE = "CARD_PICTURE_"


def to_fields(request: facetype_pb2.CreateProfileRequest) -> GivenFields:
    """The fields of a call, not yet checked."""
    number = request.card_picture
    if number == facetype_pb2.CARD_PICTURE_UNSPECIFIED:
        choice = ""
    elif number in facetype_pb2.CardPicture.values():
        choice = facetype_pb2.CardPicture.Name(number).removeprefix(_CARD_PICTURE).lower()
    else:
        choice = str(number)
    return GivenFields(
        birth_date=request.birth_date,
        mbti=request.mbti,
        seed=request.seed if request.HasField("seed") else None,
        consent=request.consent,
        icon_png=request.icon_png,
        icon_url=request.icon_url,
        language=request.language,
        card_picture=choice,
        call_key=request.request_id,
    )


def to_language(text: str) -> Language | None:
    """The language that a caller wants; None: not said.

    Raises:
        PawtraitError: ``INVALID_FIELD``.
    """
    try:
        return parse_language(text) if text else None
    except ValueError as error:
        raise invalid_fields({"language": str(error)}) from None


def model_message(version: str) -> common_pb2.ModelInfo:
    """Which models answered."""
    return common_pb2.ModelInfo(name=MODEL, version=version)


def analysis_message(analysis: FaceAnalysis, example_url: str = "") -> facetype_pb2.Analysis:
    """What a photo shows; a refused one with the example of what would do."""
    refused = analysis.outcome is not Outcome.OK
    return facetype_pb2.Analysis(
        outcome=to_number(analysis.outcome, facetype_pb2.Outcome),
        type_id=analysis.type_id or "",
        probabilities=[
            facetype_pb2.TypeProbability(type_id=type_id, probability=probability)
            for type_id, probability in analysis.probabilities.items()
        ],
        parts=[
            facetype_pb2.PartVote(
                part=to_number(vote.part, facetype_pb2.Part),
                box=to_box_message(vote.box),
                type_id=vote.type_id or "",
                probability=vote.probability,
            )
            for vote in analysis.parts
        ],
        reason=analysis.outcome.value if refused else "",
        example_url=example_url if refused else "",
    )


def type_message(kind: TypeView) -> facetype_pb2.FaceType:
    """A type as a message."""
    return facetype_pb2.FaceType(
        id=kind.id,
        name=kind.name,
        description=kind.description,
        common_breeds=kind.common_breeds,
        gallery=kind.gallery,
        profile_count=kind.profile_count,
        card_lines=kind.card_lines,
    )


def profile_message(profile: ProfileView) -> facetype_pb2.Profile:
    """A profile as its holder sees it."""
    message = facetype_pb2.Profile(
        id=str(profile.id),
        analysis=analysis_message(profile.analysis),
        type=type_message(profile.type),
        gallery=profile.gallery,
        icon_url=profile.icon_url,
        share_card_url=profile.portrait_url,
        share_card_landscape_url=profile.landscape_url,
        share_id=str(profile.share_id),
        birth_date=profile.facts.birth_date.isoformat(),
        mbti=profile.facts.mbti,
        language=profile.language.value,
        catalogue=profile.catalogue,
        model=model_message(profile.model_version),
    )
    message.created_at.FromDatetime(profile.created_at)
    message.expires_at.FromDatetime(profile.expires_at)
    return message


def created_message(created: CreatedProfile) -> facetype_pb2.CreateProfileResponse:
    """The answer to a call that made a profile."""
    return facetype_pb2.CreateProfileResponse(
        profile=profile_message(created.profile),
        token=created.token,
        model=model_message(created.profile.model_version),
        timings=to_timings(created.stages),
    )


def shared_message(shared: SharedView) -> facetype_pb2.GetSharedProfileResponse:
    """What anybody may see."""
    kind = type_message(shared.type)
    kind.ClearField("gallery")
    message = facetype_pb2.GetSharedProfileResponse(
        type=kind,
        share_card_url=shared.portrait_url,
        share_card_landscape_url=shared.landscape_url,
        card_language=shared.card_language.value,
        language=shared.language.value,
    )
    message.expires_at.FromDatetime(shared.expires_at)
    return message


def types_message(
    types: Sequence[TypeView], catalogue: Catalogue, showcase: Showcase, language: Language
) -> facetype_pb2.ListTypesResponse:
    """The catalogue with counts."""
    return facetype_pb2.ListTypesResponse(
        types=[type_message(kind) for kind in types],
        catalogue=catalogue.label,
        subject=catalogue.subject,
        consent_required=catalogue.needs_consent,
        language=language.value,
        languages=[each.value for each in Language],
        refusals=[
            facetype_pb2.Refusal(
                outcome=to_number(outcome, facetype_pb2.Outcome),
                reason=outcome.value,
                example_url=showcase.example_url(outcome),
            )
            for outcome in Outcome
            if outcome is not Outcome.OK
        ],
    )
