"""The traits server: what it puts on the wire, and how it starts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pawtrait.common.v1 import common_pb2
from services.traits.classifier import Candidate, Estimate, Traits
from services.traits.server import TraitsServer, _to_message
from services.traits.settings import TraitsSettings
from shared.messages import to_word
from shared.vocabulary import Ear, Fur, HeadShape, Pattern

REPOSITORY = Path(__file__).resolve().parents[4]
BREEDS = tuple(Candidate(f"breed_{n}", f"Breed {n}", 0.5 / (n + 1)) for n in range(5))


def traits(
    ear: Ear = Ear.UP,
    fur: Fur = Fur.SHORT,
    pattern: Pattern = Pattern.NONE,
    head: HeadShape = HeadShape.ROUND,
    beard: bool = False,
) -> Traits:
    return Traits(
        dog_probability=0.75,
        is_dog=True,
        breeds=BREEDS,
        ear=Estimate(ear, 0.5),
        fur=Estimate(fur, 0.625),
        pattern=Estimate(pattern, 0.25),
        head=head,
        beard=beard,
    )


def test_numbers_reach_the_message() -> None:
    message = _to_message(traits())
    assert message.dog_probability == 0.75
    assert (message.ear.probability, message.fur.probability, message.pattern.probability) == (
        0.5,
        0.625,
        0.25,
    )
    assert [(breed.id, breed.name) for breed in message.breeds] == [(b.id, b.name) for b in BREEDS]
    assert [breed.probability for breed in message.breeds] == pytest.approx([b.probability for b in BREEDS])


@pytest.mark.parametrize("ear", list(Ear))
def test_every_ear_reaches_the_message(ear: Ear) -> None:
    assert to_word(_to_message(traits(ear=ear)).ear.value, common_pb2.Ear, Ear, field="ear") is ear


@pytest.mark.parametrize("fur", list(Fur))
def test_every_fur_reaches_the_message(fur: Fur) -> None:
    assert to_word(_to_message(traits(fur=fur)).fur.value, common_pb2.Fur, Fur, field="fur") is fur


@pytest.mark.parametrize("pattern", list(Pattern))
def test_every_pattern_reaches_the_message(pattern: Pattern) -> None:
    number = _to_message(traits(pattern=pattern)).pattern.value
    assert to_word(number, common_pb2.Pattern, Pattern, field="pattern") is pattern


@pytest.mark.parametrize("beard", [True, False])
@pytest.mark.parametrize("head", list(HeadShape))
def test_head_and_beard_reach_the_message(head: HeadShape, beard: bool) -> None:
    message = _to_message(traits(head=head, beard=beard))
    assert to_word(message.head_shape, common_pb2.HeadShape, HeadShape, field="head") is head
    assert message.beard is beard


def test_is_what_the_contract_calls_it() -> None:
    assert TraitsServer.full_name == "pawtrait.traits.v1.TraitsService"
    assert TraitsSettings().port == 50051


def test_settings_have_the_services_prefix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRAITS_PORT", "6000")
    monkeypatch.setenv("TRAITS_MODEL_FOLDER", str(tmp_path))
    monkeypatch.setenv("FACECOLOR_WORKERS", "7")
    settings = TraitsSettings()
    assert (settings.port, settings.model_folder, settings.workers) == (6000, tmp_path, 2)


def test_without_its_model_it_says_which_file_is_missing(tmp_path: Path) -> None:
    environment = {**os.environ, "TRAITS_PORT": "0", "TRAITS_MODEL_FOLDER": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "services.traits.server"],
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
    assert str(tmp_path / "traits.onnx") in reason
