"""``Authorization: Bearer …``: who is calling."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway.dogs import Credentials
from gateway.keys.api_key import take_apart
from gateway.keys.guard import HEADER, KeyGuard
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


def credentials_of(authorization: str, api_key: str, keys: KeyGuard) -> Credentials:
    """What the headers of a request show.

    Args:
        authorization: may be empty. Anything but a Bearer token of sane length shows nothing; an API key is
            no token.
        api_key: the ``X-Api-Key`` header; may be empty.
        keys: know an administrator's.

    """
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != _SCHEME or len(token) > _LONGEST or not _is_sane(token):
        token = ""
    if keys.administrator(api_key.strip()) or keys.administrator(token):
        return Credentials(is_administrator=True)
    return Credentials("" if take_apart(token) else token)


def _is_sane(token: str) -> bool:
    """Whether gRPC takes it as metadata: no control characters."""
    return token.isascii() and token.isprintable()


async def _caller(
    request: Request,
    state: State,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(_described)],
) -> Credentials:
    headers = request.headers
    shown = credentials_of(headers.get("authorization", ""), headers.get(HEADER, ""), state.keys)
    if not shown.is_administrator:
        await state.quotas.count(Quota.ACCESS, request)
    return shown


Caller = Annotated[Credentials, Depends(_caller)]
"""Who is calling, as a parameter of a route."""
