"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from typing import TypeVar

Thing = TypeVar("Thing")


def until(look: Callable[[], Thing | None], seconds: float = 30.0, *, pause: float = 0.02) -> Thing:
    """What ``look`` sees once it is truthy.

    Raises:
        AssertionError: it was not within the time.

    """
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {look.__qualname__}"
        time.sleep(pause)
