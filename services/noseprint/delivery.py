"""Delivers messages to owners by e-mail."""

from datetime import timedelta
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from services.noseprint.register import audit, outbox, owners
from services.noseprint.register.database import Database
from services.noseprint.register.encryption import RegisterCipher
from services.noseprint.register.facts import OwnerFacts
from services.noseprint.register.outbox import Waiting
from services.noseprint.register.records import Actor
from shared.telemetry import get_logger

MOST_ATTEMPTS = 12
_LONGEST_PAUSE = timedelta(hours=6)
_SMTP_SECONDS = 20.0

log = get_logger(__name__)

_TEXTS = {
    "found_report": (
        "{dog}: someone has found your dog · 누군가 반려견을 찾았습니다",
        "Someone photographed the nose of {dog} ({number}) and sends you this message:\n"
        "누군가 {dog} ({number})의 코를 촬영하고 다음 메시지를 보냈습니다:\n\n"
        "{message}\n\n"
        "How to reach them · 연락처: {contact}\n\n"
        "They do not know who you are. Whether you answer is up to you.\n"
        "보낸 사람은 보호자가 누구인지 모릅니다. 답장 여부는 직접 결정하시면 됩니다.\n",
    ),
    "confirmation": (
        "{dog}: is this your dog? · 본인의 반려견인가요?",
        "Someone registered the dog {dog} ({number}) with your phone number.\n"
        "누군가 회원님의 전화번호로 반려견 {dog} ({number})을(를) 등록했습니다.\n\n"
        "If it was you, confirm it with this code · 본인이 맞다면 다음 코드로 확인해 주세요: {code}\n\n"
        "If not, do nothing, and give the code to nobody.\n"
        "본인이 아니라면 아무것도 하지 마시고, 코드를 누구에게도 알려 주지 마세요.\n",
    ),
}


class Mailer:
    """Sends messages over SMTP.

    Args:
        url: ``smtp://user:password@host:587``, ``smtps://…`` or ``smtp+starttls://…``.
        sender: as in the header ``From``.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if parts.scheme == "smtps" else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = parts.scheme == "smtps"
        self._start_tls = {"smtp": None, "smtps": False, "smtp+starttls": True}[parts.scheme]
        self._sender = sender

    async def send(self, waiting: Waiting, owner: OwnerFacts) -> None:
        """Send one message.

        Raises:
            aiosmtplib.SMTPException, OSError: it was not taken.
        """
        await aiosmtplib.send(
            compose(waiting, owner, self._sender),
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._tls,
            start_tls=self._start_tls,
            timeout=_SMTP_SECONDS,
        )


def compose(waiting: Waiting, owner: OwnerFacts, sender: str) -> EmailMessage:
    """The e-mail of a message."""
    subject, text = _TEXTS[waiting.kind]
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = owner.email
    mail["Subject"] = subject.format_map(waiting.body)
    mail["Date"] = formatdate()
    # The same each time: a mailbox that gets a message twice, after a crash, can tell.
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail["Message-ID"] = f"<{waiting.id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text.format_map(waiting.body))
    return mail


class Delivery:
    """Empties the outbox.

    Args:
        database: with the outbox.
        cipher: opens the messages.
        mailer: sends them.
    """

    def __init__(self, database: Database, cipher: RegisterCipher, mailer: Mailer) -> None:
        self._database = database
        self._cipher = cipher
        self._mailer = mailer

    async def deliver_due(self) -> int:
        """Deliver what is due; how many messages went out.

        A message counts as delivered once the server took it. Should this process die between the two, it
        is sent again, with the same Message-ID.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``: the database is away.
        """
        count = 0
        while (outcome := await self._deliver_one()) is not None:
            count += outcome
        return count

    async def _deliver_one(self) -> bool | None:
        async with self._database.transaction() as connection:
            waiting = await outbox.next_due(connection, self._cipher)
            if waiting is None:
                return None
            owner = await owners.read(connection, self._cipher, waiting.owner_id)
            if owner is None:
                return None
            try:
                await self._mailer.send(waiting, owner)
            except (aiosmtplib.SMTPException, OSError, HeaderParseError, ValueError) as error:
                pause = pause_after(waiting.attempts + 1)
                await outbox.postpone(connection, waiting.id, pause, type(error).__name__)
                log.warning(
                    "not_delivered",
                    message=str(waiting.id),
                    error=type(error).__name__,
                    again_in=pause.total_seconds() if pause else None,
                )
                return False
            await outbox.delivered(connection, waiting.id)
            await audit.record(
                connection,
                "delivered",
                Actor.SYSTEM,
                waiting.dog_id,
                message=str(waiting.id),
                kind=waiting.kind,
            )
        log.info("delivered", message=str(waiting.id), kind=waiting.kind)
        return True


def pause_after(attempts: int) -> timedelta | None:
    """Time until the next attempt, doubling from a minute to six hours; None: no more of them."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return min(timedelta(minutes=1 << (attempts - 1)), _LONGEST_PAUSE)
