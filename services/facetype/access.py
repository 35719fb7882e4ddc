"""Who may read and delete a profile."""

import hmac
import uuid

from services.facetype.profiles import rows
from shared.database.pool import Connection
from shared.errors import PawtraitError, Reason
from shared.secrets.tokens import hash_token


async def check_token(connection: Connection, profile_id: uuid.UUID, token: str) -> None:
    """Return when the token is the profile's.

    Raises:
        PawtraitError: ``UNAUTHENTICATED``: no token. ``NOT_FOUND``: no such profile (any more).
            ``PERMISSION_DENIED``: another token.
    """
    if not token:
        raise PawtraitError(Reason.UNAUTHENTICATED, "this needs the profile's token")
    kept = await rows.token_hash(connection, profile_id)
    if kept is None:
        raise no_such_profile()
    if not hmac.compare_digest(kept, hash_token(token)):
        raise PawtraitError(Reason.PERMISSION_DENIED, "the token is not this profile's")


def no_such_profile() -> PawtraitError:
    """What is said when there is no profile with an id, or none any more."""
    return PawtraitError(Reason.NOT_FOUND, "there is no such profile")
