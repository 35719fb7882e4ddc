"""The table ``profiles``. Rows whose time is up are seen by nobody, swept or not."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg

from services.facetype.catalogue import Language
from services.facetype.face import Part, PartVote
from services.facetype.profiles import objects
from services.facetype.profiles.facts import ProfileFacts
from services.facetype.profiles.records import ProfileRecord, SharedRecord
from shared.database.pool import Connection
from shared.geometry import Box
from shared.secrets.field_cipher import FieldCipher

TABLE = "profiles"
SEALED = ("birth_date_sealed", "mbti_sealed")
"""Columns with ciphertext."""


async def insert(connection: Connection, cipher: FieldCipher, profile: ProfileRecord) -> None:
    """Store a profile whose objects are uploaded."""
    key = cipher.current_key

    def sealed(text: str, column: str) -> bytes:
        return cipher.seal(text, key, table=TABLE, column=column, row=profile.id)

    await connection.execute(
        "INSERT INTO profiles (id, share_id, token_hash, catalogue, catalogue_version, model_version,"
        " type_id, probabilities, parts, photo_key, portrait_key, landscape_key, gallery, icon_url, language,"
        " consent, key_id, birth_date_sealed, mbti_sealed, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,"
        " $21)",
        profile.id,
        profile.share_id,
        profile.token_hash,
        profile.catalogue,
        profile.catalogue_version,
        profile.model_version,
        profile.type_id,
        dict(profile.probabilities),
        [_plain(vote) for vote in profile.parts],
        *objects.keys_of(profile.share_id),
        list(profile.gallery),
        profile.icon_url,
        profile.language.value,
        profile.consent,
        key,
        sealed(profile.facts.birth_date.isoformat(), "birth_date_sealed"),
        sealed(profile.facts.mbti, "mbti_sealed"),
        profile.created_at,
        profile.expires_at,
    )


async def get(connection: Connection, cipher: FieldCipher, profile_id: uuid.UUID) -> ProfileRecord | None:
    """A profile; None when there is none, or its time is up.

    Raises:
        CannotOpenError: the key is gone, or the row was tampered with.
    """
    row = await connection.fetchrow("SELECT * FROM profiles WHERE id = $1 AND expires_at > now()", profile_id)
    return _record(cipher, row) if row is not None else None


async def get_shared(connection: Connection, share_id: uuid.UUID) -> SharedRecord | None:
    """What the public may see of a profile; None when there is none, or its time is up."""
    row = await connection.fetchrow(
        "SELECT share_id, type_id, language, expires_at FROM profiles"
        " WHERE share_id = $1 AND expires_at > now()",
        share_id,
    )
    if row is None:
        return None
    return SharedRecord(row["share_id"], row["type_id"], Language(row["language"]), row["expires_at"])


async def token_hash(connection: Connection, profile_id: uuid.UUID) -> bytes | None:
    """The hash of a profile's token; None when there is no such profile, or its time is up."""
    found: bytes | None = await connection.fetchval(
        "SELECT token_hash FROM profiles WHERE id = $1 AND expires_at > now()", profile_id
    )
    return found


async def delete(connection: Connection, profile_id: uuid.UUID) -> uuid.UUID | None:
    """Remove a row; the ``share_id`` of its objects, None when it was not there."""
    share_id: uuid.UUID | None = await connection.fetchval(
        "DELETE FROM profiles WHERE id = $1 RETURNING share_id", profile_id
    )
    return share_id


async def delete_expired(connection: Connection, retention: timedelta, limit: int) -> list[uuid.UUID]:
    """Remove up to ``limit`` rows whose time is up; the ``share_id`` of each.

    A retention that was shortened holds for those who came before, too; a longer one does not.
    """
    rows = await connection.fetch(
        "DELETE FROM profiles WHERE id IN (SELECT id FROM profiles"
        " WHERE expires_at <= now() OR created_at <= now() - $1::interval LIMIT $2) RETURNING share_id",
        retention,
        limit,
    )
    return [row["share_id"] for row in rows]


async def counts(connection: Connection, catalogue: str) -> dict[str, int]:
    """Number of profiles by type, of one catalogue in all its versions."""
    rows = await connection.fetch(
        "SELECT type_id, count(*) AS profiles FROM profiles WHERE catalogue = $1 AND expires_at > now()"
        " GROUP BY type_id",
        catalogue,
    )
    return {row["type_id"]: row["profiles"] for row in rows}


async def used_keys(connection: Connection) -> set[str]:
    """Ids of the keys that rows are sealed with."""
    return {row["key_id"] for row in await connection.fetch("SELECT DISTINCT key_id FROM profiles")}


async def now(connection: Connection) -> datetime:
    """The time by the database's clock, which decides when rows expire."""
    moment: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return moment


def _record(cipher: FieldCipher, row: asyncpg.Record) -> ProfileRecord:
    def opened(column: str) -> str:
        return cipher.open(row[column], row["key_id"], table=TABLE, column=column, row=row["id"])

    return ProfileRecord(
        id=row["id"],
        share_id=row["share_id"],
        token_hash=row["token_hash"],
        catalogue=row["catalogue"],
        catalogue_version=row["catalogue_version"],
        model_version=row["model_version"],
        type_id=row["type_id"],
        probabilities=row["probabilities"],
        parts=tuple(_vote(part) for part in row["parts"]),
        gallery=tuple(row["gallery"]),
        icon_url=row["icon_url"],
        language=Language(row["language"]),
        consent=row["consent"],
        facts=ProfileFacts(date.fromisoformat(opened("birth_date_sealed")), opened("mbti_sealed")),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


def _plain(vote: PartVote) -> dict[str, Any]:
    box = vote.box
    return {
        "part": vote.part.value,
        # JSON knows no NumPy.
        "box": [float(edge) for edge in (box.x_min, box.y_min, box.x_max, box.y_max)],
        "type_id": vote.type_id,
        "probability": float(vote.probability),
    }


def _vote(stored: dict[str, Any]) -> PartVote:
    return PartVote(Part(stored["part"]), Box(*stored["box"]), stored["type_id"], stored["probability"])
