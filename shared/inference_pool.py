"""Runs blocking model work in threads, off the event loop and within the call's deadline."""

import asyncio
import contextvars
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from shared import metrics, tracing
from shared.errors import PawtraitError, Reason

Result = TypeVar("Result")


class InferencePool:
    """A bounded set of threads. The number of waiting calls is bounded by the server's admission.

    Args:
        workers: number of threads.
        name: prefix of the threads' names.

    """

    def __init__(self, workers: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=name)

    async def run(self, work: Callable[[], Result], *, time_left: float | None) -> Result:
        """Run ``work`` in a thread and await its result.

        Work whose deadline passed while it waited for a thread is not started: nobody is waiting
        for its answer any more.

        Args:
            work: a blocking function.
            time_left: seconds until the caller stops waiting; ``None`` for no limit.

        Raises:
            PawtraitError: ``DEADLINE_EXCEEDED`` when the time was up before the work began.

        """
        deadline = None if time_left is None else time.monotonic() + time_left
        context = contextvars.copy_context()

        def start() -> Result:
            metrics.WAITING.dec()
            if deadline is not None and time.monotonic() >= deadline:
                raise PawtraitError(Reason.DEADLINE_EXCEEDED, "the deadline passed before the work began")
            with metrics.RUNNING.track_inprogress():
                return context.run(work)

        metrics.WAITING.inc()
        submitted = self._executor.submit(start)
        # Work that is dropped before it begins waits no longer either.
        submitted.add_done_callback(lambda future: metrics.WAITING.dec() if future.cancelled() else None)
        return await asyncio.wrap_future(submitted)

    def close(self) -> None:
        """Let running work finish and drop what has not begun."""
        self._executor.shutdown(wait=True, cancel_futures=True)


@dataclass
class Stopwatch:
    """Collects the wall time of named stages, in milliseconds, in the order they ran."""

    stages: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the body of a ``with`` as the stage ``name``."""
        begun = time.perf_counter()
        try:
            with tracing.stage(name):
                yield
        finally:
            elapsed = time.perf_counter() - begun
            metrics.STAGE_SECONDS.labels(name).observe(elapsed)
            self.stages.append((name, elapsed * 1000))
