"""Sessions of ONNX Runtime, with the smallest of networks."""

import base64
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from shared.onnx_session import OnnxSession

# onnx.helper: float inputs a[n] and b[n]; outputs sum = a + b and product = a × b; opset 17; metadata
# {"version": "7"}. Written out here because the onnx package belongs to training only.
NETWORK = base64.b64decode(
    "CAg6ewoQCgFhCgFiEgNzdW0iA0FkZAoUCgFhCgFiEgdwcm9kdWN0IgNNdWwSAWdaEAoBYRILCgkIARIFCgMSAW5aEAoBYhILCgkI"
    "ARIFCgMSAW5iEgoDc3VtEgsKCQgBEgUKAxIBbmIWCgdwcm9kdWN0EgsKCQgBEgUKAxIBbkIECgAQEXIMCgd2ZXJzaW9uEgE3"
)


@pytest.fixture
def session(tmp_path: Path) -> OnnxSession:
    path = tmp_path / "network.onnx"
    path.write_bytes(NETWORK)
    return OnnxSession(path)


def test_knows_its_inputs_outputs_and_metadata(session: OnnxSession) -> None:
    assert session.input_names == ["a", "b"]
    assert session.output_names == ["sum", "product"]
    assert session.metadata == {"version": "7"}


def test_answers_by_name_in_any_order(session: OnnxSession) -> None:
    outputs = session.run(b=np.array([10, 20], np.float32), a=np.array([1, 2], np.float32))
    np.testing.assert_array_equal(outputs["sum"], [11, 22])
    np.testing.assert_array_equal(outputs["product"], [10, 40])


def test_may_be_used_from_several_threads(session: OnnxSession) -> None:
    def run(number: int) -> bool:
        a = np.full(1000, number, np.float32)
        return bool((session.run(a=a, b=a)["sum"] == 2 * number).all())

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(run, range(200)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"model file not found: .*nowhere\.onnx"):
        OnnxSession(tmp_path / "nowhere.onnx")


def test_nothing_is_reported_to_anybody(tmp_path: Path) -> None:
    (tmp_path / "network.onnx").write_bytes(NETWORK)
    home = tmp_path / "home"
    home.mkdir()
    script = "import os, sys; from pathlib import Path; from shared.onnx_session import OnnxSession;" + (
        " OnnxSession(Path(sys.argv[1])); print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "network.onnx")],
        env={**environment, "HOME": str(home)},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-1:] == ["1"], done.stderr
    assert not list(home.rglob("*")), "ONNX Runtime made an identifier of this machine"
