"""Work that a service does again and again by itself, until it is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from shared.telemetry import get_logger

log = get_logger(__name__)


async def repeat(
    work: Callable[[], Awaitable[object]], every: timedelta, *, failed: str, at_once: bool = True
) -> None:
    """Do ``work``, pause, and begin again, whatever happens, until the task is cancelled.

    A cancellation ends it even when ``work`` swallowed the exception that came with it, as
    :func:`asyncio.wait_for` of Python 3.11 does when what it waits for ends in the same moment: the task
    still knows that it was cancelled.

    Args:
        work: what it raises is logged, and it is done again: a database that is away comes back.
        every: the pause.
        failed: name of the log event of a failure.
        at_once: else it begins with a pause.
    """
    task = asyncio.current_task()
    if not at_once:
        await asyncio.sleep(every.total_seconds())
    while True:
        try:
            await work()
        except Exception as error:
            log.warning(failed, error=type(error).__name__)
        if task is not None and task.cancelling():
            return
        await asyncio.sleep(every.total_seconds())
