"""One deadline for everything that one request sets off."""

import time
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import PawtraitError, Reason


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, span: timedelta) -> "Deadline":
        """The moment ``span`` from now."""
        return cls(time.monotonic() + span.total_seconds())

    def remaining(self) -> float:
        """Seconds left.

        Raises:
            PawtraitError: ``DEADLINE_EXCEEDED``: none are.

        """
        left = self.at - time.monotonic()
        if left <= 0:
            raise PawtraitError(Reason.DEADLINE_EXCEEDED, "the request ran out of time")
        return left
