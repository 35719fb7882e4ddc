"""``Authorization: Bearer …``: who is calling."""

import hmac
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway.dogs import Credentials
from gateway.quotas import Quota
from gateway.state import State

_LONGEST = 512
_SCHEME = "bearer"

# For the API's description only: what a missing or odd header means is decided below.
_described = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="The owner token of a dog or the token of a profile, given once when it was made, or an "
    "administrator's key.",
)


def credentials_of(header: str, admin_key: str) -> Credentials:
    """What an ``Authorization`` header shows.

    Args:
        header: may be empty. Anything but a Bearer token of sane length shows nothing.
        admin_key: makes an administrator; empty: nobody is one.

    """
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != _SCHEME or not token or len(token) > _LONGEST or not _is_sane(token):
        return Credentials()
    if admin_key and hmac.compare_digest(token.encode(), admin_key.encode()):
        return Credentials(is_administrator=True)
    return Credentials(token)


def _is_sane(token: str) -> bool:
    """Whether gRPC takes it as metadata: no control characters."""
    return token.isascii() and token.isprintable()


async def _caller(
    request: Request,
    state: State,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(_described)],
) -> Credentials:
    shown = credentials_of(
        request.headers.get("authorization", ""), state.settings.admin_key.get_secret_value()
    )
    if not shown.is_administrator:
        await state.quotas.count(Quota.ACCESS, request)
    return shown


Caller = Annotated[Credentials, Depends(_caller)]
"""Who is calling, as a parameter of a route."""


def counted(quota: Quota) -> Any:
    """A route's dependency that counts its calls."""

    async def count(request: Request, state: State) -> None:
        await state.quotas.count(quota, request)

    return Depends(count)
