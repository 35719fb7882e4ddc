"""Profiles from painted portraits, with the networks that ship."""

import asyncio
import json
from pathlib import Path

import cv2
import grpc
import numpy as np
import pytest

from pawtrait.facetype.v1 import facetype_pb2 as pb
from services.facetype.profiles import objects
from shared.errors import Reason
from shared.grpc_status import from_rpc_error
from tests.integration.facetype.conftest import (
    INVALID,
    Service,
    bearer,
    jpeg,
    pixels_of,
    portrait,
    refused,
)


async def nothing_is_stored(service: Service) -> None:
    assert (await service.rows(), await service.rows("uploads"), service.kept()) == (0, 0, set())


class TestAProfile:
    async def test_is_kept_with_photo_and_cards(self, service: Service) -> None:
        created = await service.create(language="ko", seed=1)
        profile = created.profile
        kept = service.kept()
        assert len(kept) == 3
        assert {key.partition(profile.share_id)[2] for key in kept} == {
            "/photo.jpg", "/portrait.png", "/landscape.png",
        }  # fmt: skip
        for url, size in (
            (profile.share_card_url, (1080, 1350)),
            (profile.share_card_landscape_url, (1200, 630)),
        ):
            stored = service.context.storage.read_public(url.removeprefix("/files/"))
            assert stored is not None
            card = cv2.imdecode(np.frombuffer(stored.data, np.uint8), cv2.IMREAD_COLOR)
            assert card.shape[1::-1] == size
        analysis = profile.analysis
        assert (
            analysis.type_id
            == profile.type.id
            == max(analysis.probabilities, key=lambda each: each.probability).type_id
        )
        assert sum(each.probability for each in analysis.probabilities) == pytest.approx(1, abs=1e-4)
        assert pb.PART_WHOLE in {vote.part for vote in analysis.parts}
        for url in profile.gallery:
            assert service.context.storage.read_public(url.removeprefix("/files/")) is not None
        assert len(set(profile.gallery)) == 4
        read = await service.stub.GetProfile(
            pb.GetProfileRequest(profile_id=profile.id), metadata=bearer(created.token)
        )
        assert read.profile == profile

    async def test_is_what_the_analysis_alone_says(self, service: Service) -> None:
        analysed = await service.stub.AnalyzeFace(pb.AnalyzeFaceRequest(photo=portrait()))
        created = await service.create()
        assert analysed.analysis == created.profile.analysis
        assert analysed.model == created.model
        await service.stub.DeleteProfile(
            pb.DeleteProfileRequest(profile_id=created.profile.id), metadata=bearer(created.token)
        )
        await nothing_is_stored(service)

    async def test_needs_its_own_token(self, service: Service) -> None:
        one, other = await service.create(), await service.create()
        for call in (
            lambda **how: service.stub.GetProfile(
                pb.GetProfileRequest(profile_id=one.profile.id), timeout=30, **how
            ),
            lambda **how: service.stub.DeleteProfile(
                pb.DeleteProfileRequest(profile_id=one.profile.id), timeout=30, **how
            ),
        ):
            async with refused(grpc.StatusCode.UNAUTHENTICATED, Reason.UNAUTHENTICATED):
                await call()
            async with refused(grpc.StatusCode.PERMISSION_DENIED, Reason.PERMISSION_DENIED):
                await call(metadata=bearer(other.token))
        assert await service.rows() == 2

    async def test_several_at_once_are_all_whole(self, service: Service) -> None:
        created = await asyncio.gather(*(service.create() for _ in range(6)))
        wanted = {key for each in created for key in _keys(each.profile.share_id)}
        assert service.kept() == wanted
        counted = await service.stub.ListTypes(pb.ListTypesRequest())
        assert sum(kind.profile_count for kind in counted.types) == 6


def _keys(share_id: str) -> set[str]:
    return {f"{prefix}{share_id}/{name}" for prefix, name in (
        (objects.PHOTOS, "photo.jpg"), (objects.CARDS, "portrait.png"), (objects.CARDS, "landscape.png"),
    )}  # fmt: skip


class TestWhatIsRefused:
    async def test_no_face(self, service: Service) -> None:
        noise = np.random.default_rng(1).integers(90, 140, (480, 640, 3)).astype(np.uint8)
        async with refused(INVALID, Reason.NO_FACE) as metadata:
            await service.create(jpeg(noise))
        example = service.context.storage.read_public(metadata["example_url"].removeprefix("/files/"))
        assert example is not None
        await nothing_is_stored(service)

    async def test_several_faces(self, service: Service) -> None:
        one = pixels_of(portrait())
        three = np.concatenate([one, one[:, ::-1], one], axis=1)
        answer = await service.stub.AnalyzeFace(pb.AnalyzeFaceRequest(photo=jpeg(three)))
        assert answer.analysis.outcome == pb.OUTCOME_SEVERAL_FACES
        async with refused(INVALID, Reason.SEVERAL_FACES):
            await service.create(jpeg(three))
        await nothing_is_stored(service)

    async def test_faces_cut_by_the_frame(self, service: Service, dog_photos: list[Path]) -> None:
        """Real photos that were not trained on, cropped through the middle of the face."""
        reasons = []
        for path in dog_photos:
            photo = path.read_bytes()
            whole = (await service.stub.AnalyzeFace(pb.AnalyzeFaceRequest(photo=photo))).analysis
            if whole.outcome != pb.OUTCOME_OK:
                continue
            (face,) = (vote.box for vote in whole.parts if vote.part == pb.PART_WHOLE)
            pixels = pixels_of(photo)
            middle = round((face.x_min + face.x_max) / 2 * pixels.shape[1])
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await service.create(jpeg(np.ascontiguousarray(pixels[:, :middle])))
            error = from_rpc_error(caught.value, "facetype")
            assert error.metadata["example_url"]
            reasons.append(error.reason)
        assert len(reasons) >= 5
        # How often it is told from no face at all is measured by evaluate_gate.
        assert set(reasons) <= {Reason.CUT_OFF, Reason.NO_FACE}
        assert Reason.CUT_OFF in reasons
        await nothing_is_stored(service)

    @pytest.mark.parametrize(
        ("fields", "faulty"),
        [
            ({"birth_date": "2026-02-30"}, ["birth_date"]),
            ({"birth_date": "2999-01-01"}, ["birth_date"]),
            ({"birth_date": "1899-12-31"}, ["birth_date"]),
            ({"mbti": "ABCD"}, ["mbti"]),
            ({"birth_date": "", "mbti": "", "language": "de"}, ["birth_date", "mbti", "language"]),
        ],
    )
    async def test_faulty_fields(self, service: Service, fields: dict[str, str], faulty: list[str]) -> None:
        async with refused(INVALID, Reason.INVALID_FIELD) as metadata:
            await service.create(**fields)
        assert list(json.loads(metadata["problems"])) == faulty
        await nothing_is_stored(service)

    async def test_what_is_no_picture(self, service: Service) -> None:
        for photo in (b"not a picture", portrait()[:400]):
            async with refused(INVALID, Reason.NOT_AN_IMAGE):
                await service.create(photo)
        await nothing_is_stored(service)
