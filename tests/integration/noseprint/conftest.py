"""The register in a real PostgreSQL: a database of its own for each test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from pawtrait.noseprint.v1 import noseprint_pb2, noseprint_pb2_grpc
from pawtrait.noseprint.v1.noseprint_pb2 import RegisterDogResponse
from services.noseprint.context import ServiceContext
from services.noseprint.questions import Questions
from services.noseprint.register.database import MIGRATIONS, SCHEMA, Database
from services.noseprint.register.encryption import PURPOSES, RegisterCipher
from services.noseprint.server import NosePrintServer
from services.noseprint.settings import NosePrintSettings
from shared.database.embedded import EmbeddedPostgres
from shared.grpc_status import from_rpc_error
from shared.interceptors import CallInterceptor
from shared.secrets.key_ring import KeyFile
from shared.storage_settings import StorageSettings
from tests.integration.noseprint import drawn
from tests.prepared_database import prepared_database

# Only whoever owns the tables can do this to the audit.
EMPTY = """
SET search_path = noseprint, public;
DELETE FROM dogs; DELETE FROM owners; DELETE FROM uploads; DELETE FROM lookups; DELETE FROM contact_tokens;
ALTER TABLE audit DISABLE TRIGGER USER;
DELETE FROM audit;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_append_only;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_not_emptied;
DROP INDEX IF EXISTS templates_leading_hnsw;
"""

NAME = "noseprint_tests"


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres) -> str:
    """A database with the tables and nothing in them."""
    return await prepared_database(postgres, NAME, schema=SCHEMA, folder=MIGRATIONS, empty=EMPTY)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The register's connections to it."""
    opened = Database(database_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    """New keys."""
    keys = KeyFile(tmp_path / "keys" / "noseprint.json", PURPOSES)
    keys.create_if_missing()
    return keys


@pytest.fixture
def cipher(key_file: KeyFile) -> RegisterCipher:
    """What owners' data are sealed with."""
    return RegisterCipher(key_file)


@dataclass
class Service:
    """The service in this process, called over a real socket."""

    stub: noseprint_pb2_grpc.NosePrintServiceStub
    data_dir: Path
    database: Database
    context: ServiceContext

    async def register(self, dog: int = 1, *, first: int = 0, **changes: Any) -> RegisterDogResponse:
        """Register a drawn dog; further facts by name of the field."""
        return await self.stub.RegisterDog(registration(dog, first=first, **changes), timeout=60)

    async def ask(self) -> int:
        """Ask the owners of known phone numbers whether dogs are theirs."""
        lifetime = self.context.settings.code_lifetime
        return await Questions(self.database, self.context.cipher, lifetime).ask_waiting()

    async def rows(self, table: str) -> int:
        """How many rows a table has."""
        async with self.database.connection() as connection:
            return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608

    def pictures(self) -> list[str]:
        """Keys of all stored pictures."""
        return [*self.context.storage.list("noses/"), *self.context.storage.list("public/profiles/")]


def registration(
    dog: int,
    *,
    first: int = 0,
    phone: str = "010-1234-5678",
    name: str = "꿍이",
    owner: str = "홍길동",
    email: str = "hong@example.com",
    facts: noseprint_pb2.DogFacts | None = None,
    **changes: Any,
) -> noseprint_pb2.RegisterDogRequest:
    """A request to register a drawn dog."""
    fields = {
        "noses": drawn.views(dog, first),
        "owner": noseprint_pb2.OwnerFacts(name=owner, phone=phone, email=email),
        "dog": facts
        or noseprint_pb2.DogFacts(name=name, breed="진돗개", sex=noseprint_pb2.SEX_FEMALE, birth_year=2021),
        **changes,
    }
    return noseprint_pb2.RegisterDogRequest(**fields)


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """Metadata of the holder of a token."""
    return (("authorization", f"Bearer {token}"),)


ADMINISTRATOR = (("x-pawtrait-admin", "1"),)


@pytest.fixture
def service_settings() -> dict[str, Any]:
    """Settings that a module's service has; nothing happens by itself."""
    return {"sweep_every": timedelta(0), "ask_every": timedelta(0)}


@asynccontextmanager
async def serving(
    server: NosePrintServer, settings: NosePrintSettings, folder: Path
) -> AsyncIterator[Service]:
    """The server behind gRPC in this process; its pictures lie in ``folder``."""
    calls = CallInterceptor(server.name, 64, 60)
    size = ("grpc.max_receive_message_length", settings.max_message_bytes)
    grpc_server = grpc.aio.server(interceptors=[calls], options=[size])
    server.register(grpc_server)
    port = grpc_server.add_insecure_port("127.0.0.1:0")
    await server.load()
    calls.ready = True
    await grpc_server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        context = server._context
        yield Service(noseprint_pb2_grpc.NosePrintServiceStub(channel), folder, context.database, context)
    await grpc_server.stop(0)
    server.close()


@pytest.fixture
async def service(
    database_url: str, tmp_path: Path, service_settings: dict[str, Any]
) -> AsyncIterator[Service]:
    """A service that reads drawn noses, with an empty register."""
    settings = NosePrintSettings(database_url=database_url, **service_settings)
    server = drawn.DrawnServer(settings, StorageSettings(data_dir=tmp_path))
    async with serving(server, settings, tmp_path) as service:
        yield service


@asynccontextmanager
async def refused(code: grpc.StatusCode, reason: str) -> AsyncIterator[dict[str, str]]:
    """Sees that the body is refused like that; afterwards holds the error's metadata."""
    metadata: dict[str, str] = {}
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        yield metadata
    error = from_rpc_error(caught.value, "noseprint")
    assert (caught.value.code(), error.reason.value) == (code, reason), caught.value.details()
    metadata.update(error.metadata)
    metadata["message"] = error.message
