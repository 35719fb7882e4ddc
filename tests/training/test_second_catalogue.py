"""Nothing is tied to dogs: drawn faces of three shapes, trained and served by the same commands."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import grpc
import numpy as np
import pytest

pytest.importorskip("ultralytics", reason="the train extra is not installed")
pytest.importorskip("onnx", reason="the train extra is not installed")
pytestmark = pytest.mark.train

from pawtrait.facetype.v1 import facetype_pb2 as pb  # noqa: E402
from pawtrait.facetype.v1 import facetype_pb2_grpc  # noqa: E402
from services.facetype.analyser import FaceAnalyser  # noqa: E402
from services.facetype.catalogue import load_catalogue  # noqa: E402
from services.facetype.face import Outcome, Part  # noqa: E402
from services.facetype.training import reader_train  # noqa: E402
from shared.database.embedded import EmbeddedPostgres  # noqa: E402
from shared.launcher.ports import any_free  # noqa: E402
from tests.conftest import new_database  # noqa: E402
from tests.integration.topology import HOST, Server  # noqa: E402
from tests.live import REPOSITORY  # noqa: E402
from tests.training.drawn_faces import TYPES, draw_face, paper, write_catalogue, write_drawings  # noqa: E402

HELD_OUT_SEED = 4711
"""Of drawings that nothing was trained on."""


@pytest.fixture(scope="module")
def catalogue_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue of drawn faces with the networks that the two commands made of 96 drawings."""
    folder = tmp_path_factory.mktemp("second")
    coco, catalogue = folder / "coco", folder / "catalogue"
    write_drawings(coco, 96)
    write_catalogue(catalogue)
    parts = ["--views", "200", "--dev-views", "24", "--epochs", "5", "--size", "160", "--batch", "8"]
    parts += ["--frozen-layers", "0", "--precision", "float32", "--target", str(catalogue / "parts.onnx")]
    subprocess.run(
        [
            sys.executable,
            "-m",
            "services.facetype.training.parts_train",
            str(coco),
            "--out",
            str(folder / "p"),
            *parts,
        ],
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
        timeout=280,
    )
    reader = ["--backbone", "small", "--size", "64", "--variants", "3", "--head-epochs", "0", "--epochs", "8"]
    reader += ["--rate", "3e-3", "--precision", "float32", "--install"]
    reader_train.main([str(coco), "--catalogue", str(catalogue), "--out", str(folder / "r"), *reader])
    return catalogue


@pytest.mark.timeout(400)
def test_drawings_are_told_apart_by_shape(catalogue_folder: Path) -> None:
    analyser = FaceAnalyser(load_catalogue(catalogue_folder), threads=1)
    analyser.warm_up()
    rng = np.random.default_rng(HELD_OUT_SEED)
    right, overlaps = 0, []
    for number in range(18):
        type_id = list(TYPES)[number % len(TYPES)]
        drawing, boxes = draw_face(type_id, rng)
        found = analyser.analyse(drawing)
        right += found.outcome is Outcome.OK and found.type_id == type_id
        overlaps += [vote.box.iou(boxes[vote.part]) for vote in found.parts]
        for vote in found.parts:
            # Robots and kites have the same eyes, moons and robots the same mouth.
            if vote.part is Part.T_ZONE:
                assert vote.type_id in (None, "moon")
            if vote.part is Part.LOWER:
                assert vote.type_id in (None, "kite")
        if found.outcome is Outcome.OK:
            assert sum(found.probabilities.values()) == pytest.approx(1.0, abs=1e-6)
            assert list(found.probabilities) == list(TYPES)
    assert right >= 15
    assert np.median(overlaps) > 0.6


@pytest.mark.timeout(400)
def test_empty_sheets_show_no_face(catalogue_folder: Path) -> None:
    analyser = FaceAnalyser(load_catalogue(catalogue_folder), threads=1)
    rng = np.random.default_rng(HELD_OUT_SEED)
    outcomes = [analyser.analyse(paper(rng)).outcome for _ in range(8)]
    assert outcomes.count(Outcome.NO_FACE) >= 7


@pytest.fixture
def server(catalogue_folder: Path, postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Server]:
    """The face type service as a process of its own, told by setting to use the catalogue of drawings."""
    port = any_free(HOST, set())
    with new_database(postgres) as url:
        settings = {
            "DATABASE_URL": url,
            "FACETYPE_PORT": str(port),
            "FACETYPE_CATALOGUE": str(catalogue_folder),
            "FACETYPE_DRAIN": "0",
        }
        running = Server("facetype", "services.facetype.server", port, tmp_path, settings)
        try:
            running.wait_until_healthy()
            yield running
        finally:
            running.stop()


@pytest.mark.timeout(400)
def test_the_service_serves_the_catalogue_it_is_told(server: Server) -> None:
    rng = np.random.default_rng(HELD_OUT_SEED)
    with grpc.insecure_channel(server.address) as channel:
        stub = facetype_pb2_grpc.FaceTypeServiceStub(channel)
        listed = stub.ListTypes(pb.ListTypesRequest(), timeout=30)
        assert [kind.id for kind in listed.types] == list(TYPES)
        assert listed.catalogue == "drawn-1"
        right = 0
        for number in range(9):
            type_id = list(TYPES)[number % len(TYPES)]
            answer = stub.AnalyzeFace(
                pb.AnalyzeFaceRequest(photo=_png(draw_face(type_id, rng)[0])), timeout=30
            )
            right += answer.analysis.outcome == pb.OUTCOME_OK and answer.analysis.type_id == type_id
            assert answer.model.version.startswith("drawn-1+")
        assert right >= 7
        empty = stub.AnalyzeFace(pb.AnalyzeFaceRequest(photo=_png(paper(rng))), timeout=30)
        assert empty.analysis.outcome == pb.OUTCOME_NO_FACE
        assert not empty.analysis.probabilities


def _png(drawing: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", drawing[..., ::-1])[1])
