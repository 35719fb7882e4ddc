"""Log lines, as another program reads them from standard error."""

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def standard_error_of(code: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert ran.stdout == ""
    return ran.stderr.splitlines()


SET_UP = """
import logging
from shared.telemetry import configure_logging, get_logger
from shared.request_context import request_id
log = get_logger("test")
"""


def test_both_kinds_of_loggers_write_the_same_json() -> None:
    lines = standard_error_of(
        SET_UP
        + """
configure_logging("traits")
log.info("started", port=50051)
request_id.set("abc-1")
logging.getLogger("library").warning("slow %s", "disk")
"""
    )
    own, library = (json.loads(line) for line in lines)
    assert own | {"timestamp": ""} == {
        "event": "started", "port": 50051, "level": "info", "service": "traits", "timestamp": "",
    }  # fmt: skip
    assert library["event"] == "slow disk"
    assert library["level"] == "warning"
    assert library["service"] == "traits"
    assert library["request_id"] == "abc-1"


def test_a_line_cannot_be_forged_by_what_is_logged() -> None:
    (line,) = standard_error_of(
        SET_UP
        + """
configure_logging("traits")
log.info("call", field='x"}\\n{"event": "call", "level": "critical')
"""
    )
    assert json.loads(line)["level"] == "info"


def test_an_exception_stays_on_its_line() -> None:
    (line,) = standard_error_of(
        SET_UP
        + """
configure_logging("traits")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
"""
    )
    logged = json.loads(line)
    assert logged["event"] == "failed"
    assert "ZeroDivisionError: division by zero" in logged["exception"]


def test_the_level_is_kept() -> None:
    lines = standard_error_of(
        SET_UP
        + """
configure_logging("traits", "warning")
log.info("quiet")
log.warning("loud")
"""
    )
    assert [json.loads(line)["event"] for line in lines] == ["loud"]


def test_letters_of_other_scripts_stay_readable() -> None:
    (line,) = standard_error_of(SET_UP + 'configure_logging("traits")\nlog.info("꿍이")\n')
    assert "꿍이" in line


def test_people_get_text() -> None:
    (line,) = standard_error_of(
        SET_UP + 'configure_logging("traits", log_format="console")\nlog.info("started", port=7)\n'
    )
    assert "started" in line
    assert "port=7" in line
    assert not line.startswith("{")
