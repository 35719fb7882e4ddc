"""Messages from finders to owners, as far as the owner's mailbox."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import grpc
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from services.noseprint import undelivered
from services.noseprint.delivery import MOST_ATTEMPTS, Delivery, Mailer, pause_after
from services.noseprint.register import outbox
from shared.launcher.ports import any_free
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import Service, refused

INVALID, DENIED = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.PERMISSION_DENIED


class Mailbox:
    """A real SMTP server that keeps what it is given, unless it is told to refuse."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse:
            return "451 try again later"
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(BytesParser(EmailMessage, policy=default).parsebytes(content))
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    """The server, and its URL."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=any_free("127.0.0.1", set()))
    controller.start()
    yield box, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


async def contact_token(service: Service, dog: int = 1) -> str:
    found = await service.stub.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(dog, 30)))
    return found.match.contact_token


def report(token: str, **changes: str) -> pb.CreateFoundReportRequest:
    fields = {
        "message": "Found him at the river.\n강가에서 찾았어요.",
        "contact": "Lee 010-5555-6666",
        **changes,
    }
    return pb.CreateFoundReportRequest(contact_token=token, **fields)


class TestReport:
    async def test_waits_encrypted_for_the_owner(self, service: Service) -> None:
        dog = await service.register(1)
        answer = await service.stub.CreateFoundReport(report(await contact_token(service)))
        async with service.database.connection() as connection:
            row = await connection.fetchrow("SELECT * FROM outbox")
            (message,) = await outbox.of_owner(connection, service.context.cipher, UUID(dog.dog.owner_id))
        assert row is not None
        assert str(row["id"]) == answer.id
        assert b"river" not in bytes(row["body_sealed"])
        assert message.body["contact"] == "Lee 010-5555-6666"
        assert message.body["number"] == dog.dog.registration_number
        assert await service.rows("audit WHERE event = 'reported'") == 1

    async def test_a_token_is_for_one_report(self, service: Service) -> None:
        await service.register(1)
        token = await contact_token(service)
        await service.stub.CreateFoundReport(report(token))
        for used_up in (token, "", "x" * 43):
            async with refused(DENIED, "PERMISSION_DENIED"):
                await service.stub.CreateFoundReport(report(used_up))
        assert await service.rows("outbox") == 1

    async def test_a_token_grows_old(self, service: Service) -> None:
        await service.register(1)
        token = await contact_token(service)
        async with service.database.connection() as connection:
            await connection.execute("UPDATE contact_tokens SET expires_at = now()")
        async with refused(DENIED, "PERMISSION_DENIED"):
            await service.stub.CreateFoundReport(report(token))

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"message": ""}, "message"),
            ({"message": "x" * 2001}, "message"),
            ({"contact": " "}, "contact"),
            ({"contact": "x" * 201}, "contact"),
            ({"contact": "a\nb"}, "contact"),
        ],
    )
    async def test_what_is_wrong_does_not_use_the_token_up(
        self, service: Service, change: dict[str, str], field: str
    ) -> None:
        await service.register(1)
        token = await contact_token(service)
        async with refused(INVALID, "INVALID_FIELD") as metadata:
            await service.stub.CreateFoundReport(report(token, **change))
        assert metadata["field"] == field
        await service.stub.CreateFoundReport(report(token))


class TestDelivery:
    def delivery(self, service: Service, url: str) -> Delivery:
        return Delivery(service.database, service.context.cipher, Mailer(url, "Pawtrait <no@example.com>"))

    async def test_reaches_the_owner(self, service: Service, mailbox: tuple[Mailbox, str]) -> None:
        box, url = mailbox
        await service.register(1)
        answer = await service.stub.CreateFoundReport(report(await contact_token(service)))
        assert await self.delivery(service, url).deliver_due() == 1
        (mail,) = box.mails
        assert mail["To"] == "hong@example.com"
        assert "꿍이" in mail["Subject"]
        assert mail["Message-ID"] == f"<{answer.id}@example.com>"
        text = mail.get_content()
        assert "강가에서 찾았어요." in text
        assert "Lee 010-5555-6666" in text
        assert await service.rows("outbox WHERE state = 'delivered'") == 1
        assert await self.delivery(service, url).deliver_due() == 0
        assert len(box.mails) == 1

    async def test_is_tried_again(self, service: Service, mailbox: tuple[Mailbox, str]) -> None:
        box, url = mailbox
        await service.register(1)
        await service.stub.CreateFoundReport(report(await contact_token(service)))
        box.refuse = True
        delivery = self.delivery(service, url)
        assert await delivery.deliver_due() == 0
        box.refuse = False
        assert await delivery.deliver_due() == 0  # not due yet
        async with service.database.connection() as connection:
            row = await connection.fetchrow("SELECT * FROM outbox")
            assert row is not None
            assert (row["attempts"], row["state"]) == (1, "waiting")
            assert row["last_error"] == "SMTPDataError"
            await connection.execute("UPDATE outbox SET next_attempt_at = now()")
        assert await delivery.deliver_due() == 1
        assert len(box.mails) == 1

    async def test_gives_up_in_the_end(self, service: Service) -> None:
        await service.register(1)
        await service.stub.CreateFoundReport(report(await contact_token(service)))
        dead = self.delivery(service, f"smtp://127.0.0.1:{any_free('127.0.0.1', set())}")
        async with service.database.connection() as connection:
            await connection.execute("UPDATE outbox SET attempts = $1", MOST_ATTEMPTS - 1)
        assert await dead.deliver_due() == 0
        assert await service.rows("outbox WHERE state = 'failed'") == 1

    async def test_an_owner_without_an_address_has_it_in_the_outbox(
        self, service: Service, mailbox: tuple[Mailbox, str]
    ) -> None:
        await service.register(1, email="")
        await service.stub.CreateFoundReport(report(await contact_token(service)))
        assert await self.delivery(service, mailbox[1]).deliver_due() == 0
        assert await service.rows("outbox WHERE state = 'waiting'") == 1

    async def test_two_servers_send_nothing_twice(
        self, service: Service, mailbox: tuple[Mailbox, str]
    ) -> None:
        box, url = mailbox
        await service.register(1)
        for _ in range(6):
            await service.stub.CreateFoundReport(report(await contact_token(service)))
        sent = await asyncio.gather(*(self.delivery(service, url).deliver_due() for _ in range(3)))
        assert sum(sent) == 6
        assert len({mail["Message-ID"] for mail in box.mails}) == len(box.mails) == 6

    async def test_the_code_goes_to_the_owner_and_not_to_whoever_asks(
        self, service: Service, mailbox: tuple[Mailbox, str]
    ) -> None:
        box, url = mailbox
        await service.register(1)
        await service.register(2, email="mallory@example.com")
        await service.ask()
        await self.delivery(service, url).deliver_due()
        assert [mail["To"] for mail in box.mails] == ["hong@example.com"]

    async def test_a_name_cannot_smuggle_headers(
        self, service: Service, mailbox: tuple[Mailbox, str]
    ) -> None:
        box, url = mailbox
        await service.register(1, name="{code} Bcc: x@example.com")
        await service.stub.CreateFoundReport(report(await contact_token(service), message="{number} {0} %s"))
        await self.delivery(service, url).deliver_due()
        (mail,) = box.mails
        assert mail["Bcc"] is None
        assert "{code} Bcc: x@example.com" in mail["Subject"]
        assert "{number} {0} %s" in mail.get_content()


class TestByHand:
    async def test_an_operator_passes_on_what_was_not_delivered(self, service: Service) -> None:
        await service.register(1, email="")
        answer = await service.stub.CreateFoundReport(report(await contact_token(service)))
        (paragraph,) = await undelivered.show(service.database, service.context.cipher)
        assert paragraph.startswith(answer.id)
        for part in ("홍길동", "+821012345678", "강가에서 찾았어요.", "Lee 010-5555-6666"):
            assert part in paragraph
        assert await service.rows("audit WHERE event = 'disclosure'") == 1
        assert await undelivered.note_done(service.database, UUID(answer.id))
        assert not await undelivered.note_done(service.database, UUID(answer.id))
        assert await undelivered.show(service.database, service.context.cipher) == []


def test_pauses_grow_and_end() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, MOST_ATTEMPTS)]
    assert pauses[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(pause for pause in pauses if pause) == timedelta(hours=6)
    assert pause_after(MOST_ATTEMPTS) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 587, False, None)),
        ("smtps://u:p%40ss@mail.example.com", ("mail.example.com", 465, True, False)),
        ("smtp+starttls://mail.example.com:25", ("mail.example.com", 25, False, True)),
    ],
)
def test_urls(url: str, expected: tuple[Any, ...]) -> None:
    mailer = Mailer(url, "a@example.com")
    assert (mailer._host, mailer._port, mailer._tls, mailer._start_tls) == expected
    if urlsplit(url).password:
        assert mailer._password == "p@ss"  # noqa: S105
