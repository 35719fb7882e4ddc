"""A service's schema as small as can be: things with a picture, uploads, answers to repeated calls."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.database.service_database import ServiceDatabase
from shared.secrets.field_cipher import FIELDS, FieldCipher
from shared.secrets.key_ring import KeyFile

MIGRATION = """
CREATE TABLE things (id uuid PRIMARY KEY, key_id text, text_sealed bytea, note_sealed bytea);
CREATE TABLE uploads (id uuid PRIMARY KEY, begun_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE idempotency (
    id uuid PRIMARY KEY,
    thing_id uuid NOT NULL REFERENCES things ON DELETE CASCADE,
    request_hash bytea NOT NULL,
    key_id text NOT NULL,
    answer_sealed bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
"""


def make_database(url: str, folder: Path, **settings: float) -> ServiceDatabase:
    """Connections to it, not yet open."""
    migrations = folder / "migrations"
    migrations.mkdir(exist_ok=True)
    (migrations / "0001_things.sql").write_text(MIGRATION)
    return ServiceDatabase(
        url,
        schema="small",
        migrations=migrations,
        maintenance_lock=1,
        max_size=4,
        patience=settings.get("patience", 30),
    )


@pytest.fixture
async def small_database(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceDatabase]:
    """Connections to a database with the schema and nothing in it."""
    opened = make_database(database_url, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    """New keys."""
    keys = KeyFile(tmp_path / "keys.json", (FIELDS,))
    keys.create_if_missing()
    return keys


@pytest.fixture
def cipher(key_file: KeyFile) -> FieldCipher:
    """What is sealed with them."""
    return FieldCipher(key_file, "small")
