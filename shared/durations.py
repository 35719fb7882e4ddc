"""Durations in settings, as people write them."""

from contextlib import suppress
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator


def _seconds(value: object) -> object:
    if isinstance(value, str):
        with suppress(ValueError):
            return float(value)
    return value


Duration = Annotated[timedelta, BeforeValidator(_seconds)]
"""Seconds (``15``), ISO 8601 (``PT15S``) or ``00:00:15``."""
