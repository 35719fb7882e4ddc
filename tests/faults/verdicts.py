"""What callers saw, and whether any of it is something that nobody may ever see."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Verdicts:
    """Everything that was answered; thread-safe."""

    gateway_is_hit: threading.Event = field(default_factory=threading.Event)
    """Set while the gateway itself may be away: only then may a connection fail."""
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _gateway_back: float = 0.0

    def answered(self, what: str, status: int) -> None:
        """Count an answer."""
        with self._lock:
            self.answers[f"{what} {status}"] += 1

    def is_wrong(self, what: str) -> None:
        """Remember something that must not be."""
        with self._lock:
            self.wrong.append(f"{time.strftime('%H:%M:%S')} {what}")

    def no_connection(self, what: str, error: Exception) -> None:
        """A connection failed: allowed only while the gateway is away, or was when the call began."""
        if self.gateway_is_hit.is_set() or time.monotonic() < self._gateway_back:
            with self._lock:
                self.answers[f"{what} no connection"] += 1
        else:
            self.is_wrong(f"{what}: {type(error).__name__} {error}")

    @contextmanager
    def gateway_away(self) -> Iterator[None]:
        """Connections may fail within the block, and for those who called just before its end."""
        self.gateway_is_hit.set()
        try:
            yield
        finally:
            self._gateway_back = time.monotonic() + 5
            self.gateway_is_hit.clear()
