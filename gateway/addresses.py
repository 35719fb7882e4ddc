"""Addresses as the caller can follow them."""

import re

from starlette.requests import Request

_HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?")


def to_share(path: str, request: Request) -> str:
    """The address of a page of the gateway to pass on, as ``PUBLIC_BASE_URL`` or else the request has it.

    Args:
        path: begins with ``/``.
        request: of the running application.

    """
    base: str = request.app.state.gateway.public_base_url
    return f"{base}{path}" if base else absolute(path, request)


def absolute(path_or_url: str, request: Request) -> str:
    """A service's URL made absolute.

    Args:
        path_or_url: absolute (object storage), or beginning with ``/`` (served by the gateway).
        request: spells the gateway's address. A ``Host`` header that is no host leaves the path as it
            is: callers send what they like in it. Where the address must not depend on the caller, the
            setting ``PUBLIC_BASE_URL`` makes the service's URLs absolute already.

    """
    if not path_or_url.startswith("/"):
        return path_or_url
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        return path_or_url
    return f"{request.scope.get('scheme', 'http')}://{host}{path_or_url}"
