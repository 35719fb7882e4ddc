"""What the server puts on the wire. The analyser tells types by colour; the rest is real."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from pawtrait.facetype.v1 import facetype_pb2 as pb
from pawtrait.facetype.v1 import facetype_pb2_grpc
from services.facetype.catalogue import Catalogue
from services.facetype.context import Analyser
from services.facetype.face import FaceAnalysis, Outcome, Part
from services.facetype.messages import analysis_message
from services.facetype.refusals import ADVICE
from services.facetype.server import FaceTypeServer
from services.facetype.settings import FaceTypeSettings
from shared.errors import Reason
from shared.grpc_status import from_rpc_error
from shared.interceptors import CallInterceptor
from shared.storage_settings import StorageSettings
from tests.facetype_system import BORN, MBTI, database_url, png, write_catalogue
from tests.unit.services.facetype.workplace import BLUE, GREEN, RED, ColourAnalyser

__all__ = ["database_url"]

REPOSITORY = Path(__file__).resolve().parents[4]
Stub = facetype_pb2_grpc.FaceTypeServiceStub


class ColourServer(FaceTypeServer):
    """The service with an analyser that tells types by colour."""

    def open_analyser(self, catalogue: Catalogue) -> Analyser:
        """The analyser."""
        return ColourAnalyser()


@pytest.fixture
async def stub(database_url: str, tmp_path: Path) -> AsyncIterator[Stub]:
    """A client of a service of two shapes."""
    settings = FaceTypeSettings(
        database_url=database_url,
        catalogue=write_catalogue(tmp_path / "shapes"),
        sweep_every=timedelta(0),
    )
    server = ColourServer(settings, StorageSettings(data_dir=tmp_path / "data"))
    calls = CallInterceptor(server.name, 16, 30)
    grpc_server = grpc.aio.server(interceptors=[calls])
    server.register(grpc_server)
    port = grpc_server.add_insecure_port("127.0.0.1:0")
    await server.load()
    calls.ready = True
    await grpc_server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Stub(channel)
    await grpc_server.stop(0)
    server.close()


def request(photo: bytes = GREEN, **fields: object) -> pb.CreateProfileRequest:
    wanted = {"photo": photo, "birth_date": BORN.isoformat(), "mbti": MBTI, **fields}
    return pb.CreateProfileRequest(**wanted)  # type: ignore[arg-type]


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


@asynccontextmanager
async def refused(code: grpc.StatusCode, reason: Reason) -> AsyncIterator[dict[str, str]]:
    """Sees that the body is refused like that; afterwards holds the error's metadata."""
    metadata: dict[str, str] = {}
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        yield metadata
    error = from_rpc_error(caught.value, "facetype")
    assert (caught.value.code(), error.reason) == (code, reason), caught.value.details()
    metadata.update(error.metadata)


INVALID, MISSING = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND


class TestAnalysis:
    async def test_of_a_good_photo(self, stub: Stub) -> None:
        answer = await stub.AnalyzeFace(pb.AnalyzeFaceRequest(photo=BLUE))
        analysis = answer.analysis
        assert (analysis.outcome, analysis.type_id, analysis.reason) == (pb.OUTCOME_OK, "cornered", "")
        assert {each.type_id: each.probability for each in analysis.probabilities} == {
            "cornered": 0.75,
            "round": 0.25,
        }
        whole, lower = analysis.parts
        assert (whole.part, whole.type_id, whole.box.x_max) == (pb.PART_WHOLE, "cornered", 0.75)
        assert (lower.part, lower.type_id) == (pb.PART_LOWER, "")
        assert (answer.model.name, answer.model.version) == ("face-type", "colours-1")
        assert [timing.stage for timing in answer.timings] == ["decode", "parts", "types"]

    async def test_of_a_refused_photo_is_an_answer(self, stub: Stub) -> None:
        analysis = (await stub.AnalyzeFace(pb.AnalyzeFaceRequest(photo=RED))).analysis
        assert (analysis.outcome, analysis.reason, analysis.type_id) == (pb.OUTCOME_CUT_OFF, "CUT_OFF", "")
        assert analysis.example_url.startswith("/files/catalogues/shapes/examples/")
        assert not analysis.probabilities

    async def test_of_no_photo_is_an_error(self, stub: Stub) -> None:
        async with refused(INVALID, Reason.NOT_AN_IMAGE):
            await stub.AnalyzeFace(pb.AnalyzeFaceRequest(photo=b"none"))


class TestProfile:
    async def test_is_made_read_shared_and_deleted(self, stub: Stub) -> None:
        created = await stub.CreateProfile(
            request(icon_png=png(9, 9, 9), icon_url="/files/i.png", language="ko", seed=0)
        )
        profile = created.profile
        assert (profile.birth_date, profile.mbti, profile.icon_url) == (
            BORN.isoformat(),
            MBTI,
            "/files/i.png",
        )
        assert (profile.type.id, profile.type.name, profile.language) == ("round", "둥근 모양", "ko")
        assert len(set(profile.gallery)) == 4
        assert profile.share_card_url.endswith("/portrait.png")
        assert profile.share_card_landscape_url.endswith("/landscape.png")
        assert profile.analysis.outcome == pb.OUTCOME_OK
        assert (profile.catalogue, profile.model.version) == ("shapes-3", "colours-1")
        kept = profile.expires_at.ToDatetime() - profile.created_at.ToDatetime()
        assert kept == timedelta(days=90)
        assert {"decode", "cards", "upload"} <= {timing.stage for timing in created.timings}

        wanted = pb.GetProfileRequest(profile_id=profile.id)
        assert (await stub.GetProfile(wanted, metadata=bearer(created.token))).profile == profile
        english = pb.GetProfileRequest(profile_id=profile.id, language="en")
        read = (await stub.GetProfile(english, metadata=bearer(created.token))).profile
        assert (read.type.name, list(read.type.card_lines)) == (
            "Round",
            ["It has no corner.", "It never stops."],
        )

        shared = await stub.GetSharedProfile(pb.GetSharedProfileRequest(share_id=profile.share_id))
        assert shared.share_card_url == profile.share_card_url
        assert (shared.type.name, shared.language, shared.card_language) == ("둥근 모양", "ko", "ko")
        assert not shared.type.gallery
        raw = shared.SerializeToString()
        for secret in (profile.id, BORN.isoformat(), MBTI, created.token):
            assert secret.encode() not in raw

        deletion = pb.DeleteProfileRequest(profile_id=profile.id)
        async with refused(grpc.StatusCode.UNAUTHENTICATED, Reason.UNAUTHENTICATED):
            await stub.DeleteProfile(deletion)
        async with refused(grpc.StatusCode.PERMISSION_DENIED, Reason.PERMISSION_DENIED):
            await stub.DeleteProfile(deletion, metadata=bearer("another"))
        await stub.DeleteProfile(deletion, metadata=bearer(created.token))
        async with refused(MISSING, Reason.NOT_FOUND):
            await stub.GetProfile(wanted, metadata=bearer(created.token))

    async def test_a_seed_of_nought_is_a_seed(self, stub: Stub) -> None:
        galleries = [list((await stub.CreateProfile(request(seed=0))).profile.gallery) for _ in range(3)]
        assert galleries[0] == galleries[1] == galleries[2]

    async def test_all_faulty_fields_come_at_once(self, stub: Stub) -> None:
        async with refused(INVALID, Reason.INVALID_FIELD) as metadata:
            await stub.CreateProfile(
                request(b"", birth_date="2026-02-30", mbti="ABCD", card_picture=99, language="xx")
            )
        assert metadata["field"] == "birth_date,mbti,language,card_picture"
        assert json.loads(metadata["problems"])["mbti"].startswith("must be one of the sixteen")

    async def test_a_refused_photo_names_reason_and_example(self, stub: Stub) -> None:
        async with refused(INVALID, Reason.CUT_OFF) as metadata:
            await stub.CreateProfile(request(RED))
        assert metadata["example_url"].endswith(".png")

    @pytest.mark.parametrize("name", ["", "not-a-uuid", "00000000-0000-4000-8000-000000000000", "\x00"])
    async def test_what_is_nowhere_is_not_found(self, stub: Stub, name: str) -> None:
        async with refused(MISSING, Reason.NOT_FOUND):
            await stub.GetProfile(pb.GetProfileRequest(profile_id=name), metadata=bearer("token"))
        async with refused(MISSING, Reason.NOT_FOUND):
            await stub.GetSharedProfile(pb.GetSharedProfileRequest(share_id=name))

    async def test_an_unknown_language_is_told(self, stub: Stub) -> None:
        for call in (
            lambda: stub.ListTypes(pb.ListTypesRequest(language="xx")),
            lambda: stub.GetProfile(pb.GetProfileRequest(language="xx")),
            lambda: stub.GetSharedProfile(pb.GetSharedProfileRequest(language="xx")),
        ):
            async with refused(INVALID, Reason.INVALID_FIELD) as metadata:
                await call()
            assert metadata["field"] == "language"


async def test_types_are_listed_with_counts(stub: Stub) -> None:
    await stub.CreateProfile(request())
    answer = await stub.ListTypes(pb.ListTypesRequest(language="ko"))
    assert [(kind.id, kind.profile_count, len(kind.gallery)) for kind in answer.types] == [
        ("round", 1, 6),
        ("cornered", 0, 6),
    ]
    assert list(answer.types[1].card_lines) == ["날카롭다.", "또렷하다."]
    assert list(answer.types[1].common_breeds) == ["square"]
    assert (answer.catalogue, answer.subject, answer.consent_required) == ("shapes-3", "shapes", False)
    assert (answer.language, list(answer.languages)) == ("ko", ["en", "ko"])
    assert [refusal.reason for refusal in answer.refusals] == [
        "NO_FACE", "CUT_OFF", "TOO_SMALL", "SEVERAL_FACES", "TURNED_AWAY", "NOT_CLASSIFIABLE",
    ]  # fmt: skip
    assert [bool(refusal.example_url) for refusal in answer.refusals].count(True) == 1


class TestWords:
    @pytest.mark.parametrize("outcome", list(Outcome))
    def test_every_outcome_has_a_number_a_reason_and_a_sentence(self, outcome: Outcome) -> None:
        message = analysis_message(FaceAnalysis(outcome), "/example.png")
        assert pb.Outcome.Name(message.outcome) == f"OUTCOME_{outcome.value}"
        if outcome is Outcome.OK:
            assert (message.reason, message.example_url) == ("", "")
        else:
            assert Reason(outcome.value)
            assert ADVICE[outcome]
            assert (message.reason, message.example_url) == (outcome.value, "/example.png")

    def test_every_part_has_a_number(self) -> None:
        assert {f"PART_{part.value.upper()}" for part in Part} | {"PART_UNSPECIFIED"} == set(pb.Part.keys())


def test_without_its_catalogue_it_says_what_is_missing(tmp_path: Path) -> None:
    environment = {**os.environ, "FACETYPE_PORT": "0", "FACETYPE_CATALOGUE": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "services.facetype.server"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    logged = [json.loads(line) for line in ended.stderr.splitlines() if line.startswith("{")]
    (reason,) = [line["reason"] for line in logged if line["event"] == "cannot_run"]
    assert str(tmp_path / "catalogue.yaml") in reason
