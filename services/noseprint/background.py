"""What the service does without being told: asking owners, delivering messages, cleaning up."""

import asyncio
from collections.abc import Coroutine

from services.noseprint.context import ServiceContext
from services.noseprint.delivery import Delivery, Mailer
from services.noseprint.questions import Questions
from services.noseprint.sweeper import Sweeper
from shared.periodic import repeat
from shared.telemetry import get_logger

log = get_logger(__name__)


class Background:
    """Tasks that run until they are stopped.

    Args:
        context: what they work with; its settings say which tasks there are.
    """

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start them in the running loop."""
        settings, database = self._context.settings, self._context.database
        if settings.sweep_every:
            sweeper = Sweeper(database, self._context.storage, settings)
            self._start(repeat(sweeper.sweep, settings.sweep_every, failed="sweep_failed", at_once=False))
        questions = Questions(database, self._context.cipher, settings.code_lifetime)
        if settings.ask_every:
            self._start(repeat(questions.ask_waiting, settings.ask_every, failed="questions_failed"))
        if settings.smtp_url:
            mailer = Mailer(settings.smtp_url, settings.smtp_from)
            delivery = Delivery(database, self._context.cipher, mailer)
            self._start(repeat(delivery.deliver_due, settings.deliver_every, failed="delivery_failed"))
        else:
            log.info("no_mail", hint="messages to owners wait in the outbox: SMTP_URL is not set")

    def stop(self) -> None:
        """Stop them."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.ensure_future(work))
