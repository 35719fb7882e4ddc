"""A key: what its holder shows, and what is kept of it."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.keys.scopes import Scope, parse_scopes

PREFIX = "pawtrait"
_ID_BYTES, _SECRET_BYTES = 6, 32
_SHOWN = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})")


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """What is kept of a secret: its SHA-256. It has 256 random bits, so that nothing slower is needed."""

    sha256: str
    expires_at: datetime | None = None
    """When it stops being accepted; None: never."""

    def accepts(self, secret: str, now: datetime) -> bool:
        """Whether ``secret`` is it; takes as long when it is not."""
        same = hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), self.sha256)
        return same and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept."""

    id: str
    name: str
    """For people: whose it is, or what for."""
    scopes: frozenset[Scope]
    created_at: datetime
    secrets: tuple[StoredSecret, ...]
    """The newest first; after a rotation the one before is accepted for a while."""
    revoked_at: datetime | None = None

    def accepts(self, secret: str, now: datetime) -> bool:
        """Whether ``secret`` is one of this key's, and the key still holds."""
        found = [stored.accepts(secret, now) for stored in self.secrets]
        return any(found) and self.revoked_at is None

    def may(self, scope: Scope) -> bool:
        """Whether the key is for ``scope``; an administrator's is for everything."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


def new_key(name: str, scopes: frozenset[Scope], lifetime: timedelta | None = None) -> tuple[ApiKey, str]:
    """A key, and what its holder shows: it is nowhere else, so it can be told only now.

    Raises:
        ValueError: no name, or no scope.
    """
    if not name.strip() or not scopes:
        raise ValueError("a key needs a name and at least one scope")
    now, key_id = datetime.now(UTC), secrets.token_hex(_ID_BYTES)
    secret, stored = _new_secret(None if lifetime is None else now + lifetime)
    return ApiKey(key_id, name.strip(), scopes, now, (stored,)), _shown(key_id, secret)


def rotated(key: ApiKey, overlap: timedelta) -> tuple[ApiKey, str]:
    """``key`` with a new secret, and what its holder shows; the old one is accepted for ``overlap`` more."""
    now = datetime.now(UTC)
    last = key.secrets[0]
    until = now + overlap if last.expires_at is None else min(now + overlap, last.expires_at)
    secret, stored = _new_secret(last.expires_at)
    return replace(key, secrets=(stored, replace(last, expires_at=until))), _shown(key.id, secret)


def take_apart(shown: str) -> tuple[str, str] | None:
    """Id and secret of what a caller shows; None when it has not the form of a key."""
    found = _SHOWN.fullmatch(shown)
    return (found[1], found[2]) if found else None


def _new_secret(expires_at: datetime | None) -> tuple[str, StoredSecret]:
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    return secret, StoredSecret(hashlib.sha256(secret.encode()).hexdigest(), expires_at)


def _shown(key_id: str, secret: str) -> str:
    return f"{PREFIX}_{key_id}_{secret}"


def to_plain(key: ApiKey) -> dict[str, Any]:
    """As it stands in the file."""
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at.isoformat(),
        "secrets": [
            {"sha256": stored.sha256, "expires_at": stored.expires_at and stored.expires_at.isoformat()}
            for stored in key.secrets
        ],
        "revoked_at": key.revoked_at and key.revoked_at.isoformat(),
    }


def from_plain(entry: Mapping[str, Any]) -> ApiKey:
    """The reverse of ``to_plain``.

    Raises:
        KeyError, TypeError, ValueError: it is no such entry.
    """

    def moment(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    return ApiKey(
        str(entry["id"]),
        str(entry["name"]),
        parse_scopes(entry["scopes"]),
        datetime.fromisoformat(entry["created_at"]),
        tuple(StoredSecret(str(each["sha256"]), moment(each["expires_at"])) for each in entry["secrets"]),
        moment(entry["revoked_at"]),
    )
