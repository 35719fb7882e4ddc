"""The face-colour server: what it puts on the wire, which detector it takes, and how it starts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from pawtrait.common.v1 import common_pb2
from services.facecolor.detection import Head, OnnxHeadDetector
from services.facecolor.face_colours import Swatch
from services.facecolor.server import FaceColorServer, _head_message, _swatch_message, open_detector
from services.facecolor.settings import FaceColorSettings
from shared.geometry import Box
from shared.messages import to_box, to_word
from shared.vocabulary import Colour

REPOSITORY = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("colour", list(Colour))
def test_a_swatch_reaches_the_message(colour: Colour) -> None:
    message = _swatch_message(Swatch(colour, "#c8a078", (67.5, 8.25, -26.5), 0.625))
    assert to_word(message.name, common_pb2.Colour, Colour, field="name") is colour
    assert message.hex == "#c8a078"
    assert (message.lightness, message.a, message.b) == (67.5, 8.25, -26.5)
    assert message.share == 0.625


def test_a_head_reaches_the_message() -> None:
    head = Head(Box(0.125, 0.25, 0.5, 0.75), 0.875)
    message = _head_message(head)
    assert to_box(message.box, field="box") == head.box
    assert message.confidence == 0.875


def test_is_what_the_contract_calls_it() -> None:
    assert FaceColorServer.full_name == "pawtrait.facecolor.v1.FaceColorService"
    assert FaceColorSettings().port == 50052


class TestDetector:
    def test_is_the_one_that_ships_unless_chosen_otherwise(self) -> None:
        assert isinstance(open_detector(FaceColorSettings()), OnnxHeadDetector)

    def test_dlib_needs_the_path_of_its_model(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FACECOLOR_DETECTOR", "dlib")
        with pytest.raises(ValidationError, match="FACECOLOR_DLIB_MODEL"):
            FaceColorSettings()

    def test_dlib_names_a_model_that_is_missing(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        pytest.importorskip("dlib", reason="dlib is an extra")
        monkeypatch.setenv("FACECOLOR_DETECTOR", "dlib")
        monkeypatch.setenv("FACECOLOR_DLIB_MODEL", str(tmp_path / "nowhere.dat"))
        with pytest.raises(FileNotFoundError, match=r"nowhere\.dat"):
            open_detector(FaceColorSettings())

    def test_an_unknown_one_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FACECOLOR_DETECTOR", "guess")
        with pytest.raises(ValidationError, match="detector"):
            FaceColorSettings()


def test_without_its_models_it_says_which_file_is_missing(tmp_path: Path) -> None:
    environment = {**os.environ, "FACECOLOR_PORT": "0", "FACECOLOR_MODEL_FOLDER": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "services.facecolor.server"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    logged = [json.loads(line) for line in ended.stderr.splitlines()]
    (reason,) = [line["reason"] for line in logged if line["event"] == "cannot_run"]
    assert str(tmp_path / "head_detector.onnx") in reason
