"""What a running service does by itself, and its commands as an operator runs them."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from services.noseprint.register import uploads
from tests.integration.noseprint.conftest import Service
from tests.integration.noseprint.test_reports import Mailbox, contact_token, mailbox, report
from tests.live import REPOSITORY

__all__ = ["mailbox"]


class TestByItself:
    @pytest.fixture
    def service_settings(self, mailbox: tuple[Mailbox, str]) -> dict[str, Any]:
        often = timedelta(seconds=0.1)
        return {
            "sweep_every": often,
            "ask_every": often,
            "deliver_every": often,
            "smtp_url": mailbox[1],
            "smtp_from": "Pawtrait <noreply@example.com>",
        }

    async def test_owners_are_asked_and_written_to(
        self,
        mailbox: tuple[Mailbox, str],
        service: Service,
    ) -> None:
        box, _ = mailbox
        await service.register(1)
        await service.register(2, name="Rex")
        await until(lambda: len(box.mails) == 1)
        assert "Rex" in box.mails[0]["Subject"]
        await service.stub.CreateFoundReport(report(await contact_token(service)))
        await until(lambda: len(box.mails) == 2)
        assert "강가에서" in box.mails[1].get_content()
        assert {mail["To"] for mail in box.mails} == {"hong@example.com"}

    async def test_it_cleans_up(self, service: Service) -> None:
        await service.register(1)
        stray = uploads.nose_key(uploads.upload_of(service.pictures()[0]), 99)  # type: ignore[arg-type]
        service.context.storage.put(stray, b"nobody's", "image/jpeg")
        await until(lambda: stray not in service.pictures())
        assert len(service.pictures()) == 5


class TestCommands:
    def run(self, service: Service, database_url: str, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DATABASE_URL": database_url, "DATA_DIR": str(service.data_dir)}
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

    async def test_decide(self, service: Service, database_url: str) -> None:
        await service.register(1)
        disputed = await service.register(1, first=50, dispute=True, phone="010-9999-0000")
        listed = await asyncio.to_thread(self.run, service, database_url, "services.noseprint.decide")
        assert listed.returncode == 0, listed.stderr
        assert listed.stdout.startswith(disputed.dog.id)
        words = ("services.noseprint.decide", "reject", disputed.dog.id)
        assert (await asyncio.to_thread(self.run, service, database_url, *words)).returncode == 0
        assert await service.rows("dogs") == 1
        again = await asyncio.to_thread(self.run, service, database_url, *words)
        assert again.returncode == 1
        assert "no such dog waits" in again.stderr

    async def test_rotate_keys_and_sweep(self, service: Service, database_url: str) -> None:
        answer = await service.register(1)
        words = ("services.noseprint.rotate_keys", "--drop-old")
        done = await asyncio.to_thread(self.run, service, database_url, *words)
        assert done.returncode == 0, done.stderr
        assert "2 rows were written again" in done.stdout
        own = await service.stub.GetOwner(
            pb.GetOwnerRequest(owner_id="me"),
            metadata=(("authorization", f"Bearer {answer.owner_token}"),),
        )
        assert own.owner.name == "홍길동"
        service.context.storage.put("noses/00000000-0000-0000-0000-000000000000/0.jpg", b"x", "image/jpeg")
        swept = await asyncio.to_thread(self.run, service, database_url, "services.noseprint.sweeper")
        assert swept.returncode == 0, swept.stderr
        assert len(service.pictures()) == 5

    async def test_enrol_says_what_is_missing(self, service: Service, database_url: str) -> None:
        words = ("services.noseprint.jobs.enrol", str(service.data_dir / "nowhere"))
        done = await asyncio.to_thread(self.run, service, database_url, *words)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr


async def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.05)
