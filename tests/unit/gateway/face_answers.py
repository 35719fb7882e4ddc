"""What the gateway's tests have the face type service answer, by method."""

from collections.abc import Callable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from pawtrait.common.v1 import common_pb2
from pawtrait.facetype.v1 import facetype_pb2 as faces

PROFILE_ID = "5e7c1c0e-7c8e-4b0f-8d9e-0c5a1c2f7a10"
SHARE_ID = "a3d0f5f2-1b0b-4a6f-9d7c-5b7a64cf1d22"
TOKEN = "profile-secret"  # noqa: S105
MODEL = common_pb2.ModelInfo(name="face-type", version="9")
TYPES = ("flat_faced", "long_faced", "prick_eared", "drop_eared", "bearded")
NAMES = {
    "en": ("Flat-faced", "Long-faced", "Prick-eared", "Drop-eared", "Bearded"),
    "ko": ("납작한 얼굴형", "길쭉한 얼굴형", "쫑긋 귀 얼굴형", "처진 귀 얼굴형", "수염 난 얼굴형"),
}
PORTRAIT = f"/files/cards/{SHARE_ID}/portrait.png"
LANDSCAPE = f"/files/cards/{SHARE_ID}/landscape.png"
EXAMPLE = "/files/catalogues/dogs/examples/cut.png"


def pictures(type_id: str, count: int = 6) -> list[str]:
    return [f"/files/catalogues/dogs/{type_id}/{index}.png" for index in range(count)]


def face_type(place: int, language: str = "", **changes: Any) -> faces.FaceType:
    language = language or "en"
    return faces.FaceType(
        **{
            "id": TYPES[place],
            "name": NAMES[language][place],
            "description": f"Look of {NAMES[language][place]}.\n\nCare of it.",
            "card_lines": ["One line.", "And <another> & more."],
            **changes,
        }
    )


def analysis() -> faces.Analysis:
    return faces.Analysis(
        outcome=faces.OUTCOME_OK,
        type_id="prick_eared",
        probabilities=[
            faces.TypeProbability(type_id=name, probability=share)
            for name, share in zip(TYPES, (0.01, 0.02, 0.91, 0.04, 0.02), strict=True)
        ],
        parts=[
            faces.PartVote(
                part=faces.PART_WHOLE,
                box=common_pb2.Box(x_min=0.2, y_min=0.1, x_max=0.6, y_max=0.55),
                type_id="prick_eared",
                probability=0.93,
            ),
            faces.PartVote(
                part=faces.PART_T_ZONE,
                box=common_pb2.Box(x_min=0.3, y_min=0.2, x_max=0.5, y_max=0.4),
                probability=0.41,
            ),
        ],
    )


def refused_analysis(outcome: int, reason: str) -> faces.Analysis:
    return faces.Analysis(outcome=outcome, reason=reason, example_url=EXAMPLE)  # type: ignore[arg-type]


def profile(language: str = "", **changes: Any) -> faces.Profile:
    return faces.Profile(
        **{
            "id": PROFILE_ID,
            "share_id": SHARE_ID,
            "analysis": analysis(),
            "type": face_type(2, language),
            "gallery": pictures("prick_eared", 4),
            "share_card_url": PORTRAIT,
            "share_card_landscape_url": LANDSCAPE,
            "birth_date": "2001-05-03",
            "mbti": "ENFP",
            "language": language or "en",
            "catalogue": "dogs-1",
            "model": MODEL,
            "created_at": Timestamp(seconds=1_795_152_615),
            "expires_at": Timestamp(seconds=1_802_928_615),
            **changes,
        }
    )


def analyse_answer(_: Any) -> faces.AnalyzeFaceResponse:
    stages = [common_pb2.StageTime(stage="parts", milliseconds=12.5)]
    return faces.AnalyzeFaceResponse(analysis=analysis(), model=MODEL, timings=stages)


def create_answer(request: faces.CreateProfileRequest) -> faces.CreateProfileResponse:
    return faces.CreateProfileResponse(
        profile=profile(request.language, icon_url=request.icon_url, mbti=request.mbti),
        token=TOKEN,
        model=MODEL,
        timings=[common_pb2.StageTime(stage="analyse", milliseconds=41.5)],
    )


def types_answer(request: faces.ListTypesRequest) -> faces.ListTypesResponse:
    return faces.ListTypesResponse(
        types=[
            face_type(place, request.language, profile_count=place, gallery=pictures(TYPES[place]))
            for place in range(len(TYPES))
        ],
        catalogue="dogs-1",
        subject="dogs",
        language=request.language or "en",
        languages=["en", "ko"],
        refusals=[
            faces.Refusal(outcome=faces.OUTCOME_NO_FACE, reason="NO_FACE"),
            faces.Refusal(outcome=faces.OUTCOME_CUT_OFF, reason="CUT_OFF", example_url=EXAMPLE),
        ],
    )


def shared_answer(request: faces.GetSharedProfileRequest) -> faces.GetSharedProfileResponse:
    return faces.GetSharedProfileResponse(
        type=face_type(2, request.language or "ko"),
        share_card_url=PORTRAIT,
        share_card_landscape_url=LANDSCAPE,
        card_language="ko",
        language=request.language or "ko",
    )


FACE_ANSWERS: dict[str, Callable[[Any], Any]] = {
    "AnalyzeFace": analyse_answer,
    "CreateProfile": create_answer,
    "GetProfile": lambda request: faces.GetProfileResponse(profile=profile(request.language)),
    "DeleteProfile": lambda _: faces.DeleteProfileResponse(),
    "ListTypes": types_answer,
    "GetSharedProfile": shared_answer,
}
