"""The services of the running system over gRPC, each by itself."""

import io
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pool
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status
from PIL import Image

from pawtrait.common.v1 import common_pb2
from pawtrait.facecolor.v1 import facecolor_pb2, facecolor_pb2_grpc
from pawtrait.icon.v1 import icon_pb2, icon_pb2_grpc
from pawtrait.traits.v1 import traits_pb2, traits_pb2_grpc
from tests.integration.pictures import SVG, bomb, wall

FULL_NAMES = {
    "traits": "pawtrait.traits.v1.TraitsService",
    "facecolor": "pawtrait.facecolor.v1.FaceColorService",
    "icon": "pawtrait.icon.v1.IconService",
    "facetype": "pawtrait.facetype.v1.FaceTypeService",
}
METHODS = {
    "traits": ["ClassifyTraits"],
    "facecolor": ["DetectHeads", "DetectFaceColor"],
    "icon": ["ComposeIcon", "ComposeLayers", "ListParts"],
    "facetype": [
        "AnalyzeFace",
        "CreateProfile",
        "GetProfile",
        "DeleteProfile",
        "ListTypes",
        "GetSharedProfile",
    ],
}
LAYERS = ["200,150,100-up", "200,150,100-fur", "250,250,250-nose", "dog-face"]
OUTSIDE = common_pb2.Box(x_min=0.5, y_min=0.5, x_max=1.5, y_max=1.2)

Channels = dict[str, grpc.Channel]


class Stubs:
    """The three services."""

    def __init__(self, channels: Channels) -> None:
        self.traits = traits_pb2_grpc.TraitsServiceStub(channels["traits"])
        self.facecolor = facecolor_pb2_grpc.FaceColorServiceStub(channels["facecolor"])
        self.icon = icon_pb2_grpc.IconServiceStub(channels["icon"])


@pytest.fixture(scope="module")
def stubs(channels: Channels) -> Stubs:
    return Stubs(channels)


def refusal(call: Any, request: Any, code: grpc.StatusCode, reason: str) -> dict[str, str]:
    """The metadata of the one ErrorInfo that a call is refused with."""
    with pytest.raises(grpc.RpcError) as failed:
        call(request, timeout=20)
    assert failed.value.code() is code, failed.value
    assert failed.value.details()
    status = rpc_status.from_call(failed.value)
    assert status is not None
    assert len(status.details) == 1
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.reason == reason
    assert info.domain == "pawtrait"
    return dict(info.metadata)


@pytest.mark.parametrize("service", list(FULL_NAMES))
class TestEveryService:
    def test_serves_under_its_name_and_none(self, channels: Channels, service: str) -> None:
        health = health_pb2_grpc.HealthStub(channels[service])
        for name in ("", FULL_NAMES[service]):
            answer = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING

    def test_reflection_lists_it(self, channels: Channels, service: str) -> None:
        database = ProtoReflectionDescriptorDatabase(channels[service])
        assert FULL_NAMES[service] in database.get_services()
        assert "grpc.health.v1.Health" in database.get_services()

    def test_reflection_describes_it(self, channels: Channels, service: str) -> None:
        pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channels[service]))
        described = pool.FindServiceByName(FULL_NAMES[service])
        assert [method.name for method in described.methods] == METHODS[service]
        for method in described.methods:
            assert method.input_type.full_name.endswith(f"{method.name}Request")
            assert method.output_type.full_name.endswith(f"{method.name}Response")


class TestTraits:
    def test_classifies_with_and_without_a_head(self, stubs: Stubs, dog: bytes) -> None:
        heads = stubs.facecolor.DetectHeads(facecolor_pb2.DetectHeadsRequest(photo=dog), timeout=20).heads
        for head in (heads[0].box, None):
            answer = stubs.traits.ClassifyTraits(
                traits_pb2.ClassifyTraitsRequest(photo=dog, head=head), timeout=20
            )
            assert answer.dog_probability > 0.5
            assert len(answer.breeds) == 5
            assert answer.ear.value != common_pb2.EAR_UNSPECIFIED
            assert answer.fur.value != common_pb2.FUR_UNSPECIFIED
            assert answer.pattern.value != common_pb2.PATTERN_UNSPECIFIED
            assert answer.head_shape != common_pb2.HEAD_SHAPE_UNSPECIFIED
            assert answer.model.name
            assert answer.model.version
            assert [stage.stage for stage in answer.timings] == ["decode", "classify"]

    def test_the_same_photo_gets_the_same_bytes(self, stubs: Stubs, dog: bytes) -> None:
        answers = []
        for _ in range(3):
            answer = stubs.traits.ClassifyTraits(traits_pb2.ClassifyTraitsRequest(photo=dog), timeout=20)
            answer.ClearField("timings")
            answers.append(answer.SerializeToString(deterministic=True))
        assert len(set(answers)) == 1

    def test_a_wall_is_no_dog(self, stubs: Stubs) -> None:
        request = traits_pb2.ClassifyTraitsRequest(photo=wall())
        metadata = refusal(
            stubs.traits.ClassifyTraits, request, grpc.StatusCode.INVALID_ARGUMENT, "NO_DOG_FOUND"
        )
        assert 0 <= float(metadata["dog_probability"]) <= 1

    def test_a_head_outside_the_picture_is_refused(self, stubs: Stubs, dog: bytes) -> None:
        request = traits_pb2.ClassifyTraitsRequest(photo=dog, head=OUTSIDE)
        metadata = refusal(
            stubs.traits.ClassifyTraits, request, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD"
        )
        assert metadata == {"field": "head"}

    def test_a_head_of_a_single_pixel_is_read(self, stubs: Stubs, dog: bytes) -> None:
        dot = common_pb2.Box(x_min=0.5, y_min=0.5, x_max=0.5001, y_max=0.5001)
        request = traits_pb2.ClassifyTraitsRequest(photo=dog, head=dot)
        try:
            assert stubs.traits.ClassifyTraits(request, timeout=20).breeds
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.INVALID_ARGUMENT  # noqa: PT017


class TestFaceColor:
    def test_heads_come_largest_first(self, stubs: Stubs, dog: bytes) -> None:
        answer = stubs.facecolor.DetectHeads(facecolor_pb2.DetectHeadsRequest(photo=dog), timeout=20)
        assert answer.heads
        areas = [
            (head.box.x_max - head.box.x_min) * (head.box.y_max - head.box.y_min) for head in answer.heads
        ]
        assert areas == sorted(areas, reverse=True)
        assert answer.model.name
        assert [stage.stage for stage in answer.timings] == ["decode", "detect"]

    def test_a_photo_without_heads_gets_an_empty_list(self, stubs: Stubs) -> None:
        answer = stubs.facecolor.DetectHeads(facecolor_pb2.DetectHeadsRequest(photo=wall()), timeout=20)
        assert list(answer.heads) == []

    def test_finds_the_head_itself_or_reads_the_one_given(self, stubs: Stubs, dog: bytes) -> None:
        found = stubs.facecolor.DetectFaceColor(facecolor_pb2.DetectFaceColorRequest(photo=dog), timeout=20)
        given = stubs.facecolor.DetectFaceColor(
            facecolor_pb2.DetectFaceColorRequest(photo=dog, head=found.head.box), timeout=20
        )
        assert found.head_count >= 1
        assert given.head_count == 0
        assert given.head.confidence == 1
        assert given.primary.name == found.primary.name
        assert given.primary.hex == found.primary.hex
        assert [swatch.hex for swatch in given.palette] == [swatch.hex for swatch in found.palette]

    def test_no_head_given_and_none_found_is_no_dog(self, stubs: Stubs) -> None:
        request = facecolor_pb2.DetectFaceColorRequest(photo=wall())
        refusal(stubs.facecolor.DetectFaceColor, request, grpc.StatusCode.INVALID_ARGUMENT, "NO_DOG_FOUND")

    def test_a_head_outside_the_picture_is_refused(self, stubs: Stubs, dog: bytes) -> None:
        request = facecolor_pb2.DetectFaceColorRequest(photo=dog, head=OUTSIDE)
        metadata = refusal(
            stubs.facecolor.DetectFaceColor, request, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD"
        )
        assert metadata == {"field": "head"}


class TestBadPhotos:
    @pytest.mark.parametrize(
        ("photo", "reason"),
        [
            (b"", "NOT_AN_IMAGE"),
            (b"no picture", "NOT_AN_IMAGE"),
            (SVG, "NOT_AN_IMAGE"),
            (wall()[:4000], "NOT_AN_IMAGE"),
            (bomb(), "PHOTO_TOO_LARGE"),
        ],
        ids=["empty", "text", "SVG", "truncated", "30,000 × 30,000"],
    )
    def test_services_trust_nothing(self, stubs: Stubs, photo: bytes, reason: str) -> None:
        invalid = grpc.StatusCode.INVALID_ARGUMENT
        refusal(stubs.traits.ClassifyTraits, traits_pb2.ClassifyTraitsRequest(photo=photo), invalid, reason)
        refusal(stubs.facecolor.DetectHeads, facecolor_pb2.DetectHeadsRequest(photo=photo), invalid, reason)
        refusal(
            stubs.facecolor.DetectFaceColor,
            facecolor_pb2.DetectFaceColorRequest(photo=photo),
            invalid,
            reason,
        )


class TestIcon:
    def test_composes_and_keeps(self, stubs: Stubs) -> None:
        request = icon_pb2.ComposeIconRequest(
            ear=common_pb2.EAR_UP, primary=common_pb2.COLOUR_BLACK, size=64, store=True
        )
        answer = stubs.icon.ComposeIcon(request, timeout=20)
        assert Image.open(io.BytesIO(answer.icon)).size == (64, 64)
        assert answer.media_type == "image/png"
        assert answer.content_hash in answer.url
        assert answer.size == 64
        assert answer.model.name == "classic-v1"
        again = stubs.icon.ComposeIcon(request, timeout=20)
        assert (again.icon, again.url) == (answer.icon, answer.url)

    def test_nothing_is_kept_unless_asked(self, stubs: Stubs) -> None:
        answer = stubs.icon.ComposeIcon(icon_pb2.ComposeIconRequest(), timeout=20)
        assert answer.url == ""
        assert answer.size == 512

    @pytest.mark.parametrize(
        ("wish", "field"),
        [
            ({"style": "nobody-v9"}, "style"),
            ({"size": 31}, "size"),
            ({"size": 1025}, "size"),
            ({"size": -5}, "size"),
            ({"ear": 77}, "ear"),
            ({"primary": 8}, "primary"),
            ({"format": 9}, "format"),
        ],
    )
    def test_what_cannot_be_drawn_is_refused_by_name(
        self, stubs: Stubs, wish: dict[str, Any], field: str
    ) -> None:
        metadata = refusal(
            stubs.icon.ComposeIcon,
            icon_pb2.ComposeIconRequest(**wish),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
        )
        assert metadata["field"] == field

    def test_an_unknown_layer_is_named(self, stubs: Stubs) -> None:
        metadata = refusal(
            stubs.icon.ComposeLayers,
            icon_pb2.ComposeLayersRequest(layers=[*LAYERS[:3], "cat-face"]),
            grpc.StatusCode.NOT_FOUND,
            "NOT_FOUND",
        )
        assert metadata["layer"] == "cat-face"

    @pytest.mark.parametrize(
        "store_as", ["../x.png", "a/b.png", "x.svg", ".png", "x" * 300 + ".png", "개.png", "x.png\n"]
    )
    def test_a_name_that_leads_elsewhere_is_refused(self, stubs: Stubs, store_as: str) -> None:
        metadata = refusal(
            stubs.icon.ComposeLayers,
            icon_pb2.ComposeLayersRequest(layers=LAYERS, store_as=store_as),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
        )
        assert metadata["field"] == "store_as"

    def test_layers_are_kept_under_the_name_given(self, stubs: Stubs) -> None:
        request = icon_pb2.ComposeLayersRequest(layers=LAYERS, store_as="a,b-c_d.png")
        answer = stubs.icon.ComposeLayers(request, timeout=20)
        assert answer.url.endswith("/files/generated/a,b-c_d.png")
        assert answer.media_type == "image/png"

    @pytest.mark.parametrize("layers", [[], ["dog-face"] * 9])
    def test_none_or_too_many_layers_are_refused(self, stubs: Stubs, layers: list[str]) -> None:
        refusal(
            stubs.icon.ComposeLayers,
            icon_pb2.ComposeLayersRequest(layers=layers),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
        )

    def test_lists_its_parts(self, stubs: Stubs) -> None:
        answer = stubs.icon.ListParts(icon_pb2.ListPartsRequest(), timeout=20)
        assert answer.styles[0].id == "classic-v1"
        assert (answer.min_size, answer.max_size) == (32, 1024)
        assert len(answer.styles[0].colours) == 7
