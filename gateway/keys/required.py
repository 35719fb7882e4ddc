"""Which calls need a key, and of which scope."""

from collections.abc import Iterable

from gateway.call_table import CallTable
from gateway.keys.scopes import Scope

_PHOTO_READERS = (
    "/v1/traits", "/v1/face-colors", "/v1/icons/from-photo", "/v1/icons", "/v1/faces/analyze",
    "/v1/profiles", "/predict", "/color", "/face", "/icon", "/final", "/finalImg",
    "/RegisterResult", "/RegisterUserImg_sample",
)  # fmt: skip

_NEEDED: dict[Scope, Iterable[tuple[str, str]]] = {
    Scope.ICONS: (
        *(("POST", path) for path in _PHOTO_READERS),
        ("GET", "/v1/profiles/*"),
        ("DELETE", "/v1/profiles/*"),
    ),
    Scope.REGISTER: (
        ("POST", "/v1/noses/check"),
        ("POST", "/v1/dogs"),
        ("POST", "/v1/dogs/*/noses"),
        ("POST", "/v1/dogs/*/confirm"),
        ("POST", "/register"),
    ),
    Scope.LOOKUP: (
        ("POST", "/v1/dogs/lookup"),
        ("POST", "/v1/dogs/*/verify"),
        ("POST", "/v1/found-reports"),
        ("GET", "/v1/lookups/*/evidence.png"),
        ("POST", "/lookup"),
    ),
    Scope.OWNER: (
        ("GET", "/v1/dogs/*"),
        ("PATCH", "/v1/dogs/*"),
        ("DELETE", "/v1/dogs/*"),
        ("GET", "/v1/owners/*"),
    ),
    Scope.ADMIN: (("GET", "/v1/dogs"),),
}

_OPEN = (
    ("GET", "/"),
    ("GET", "/web/*"),
    ("GET", "/favicon.ico"),
    ("GET", "/docs"),
    ("GET", "/docs/*"),
    ("GET", "/openapi.json"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    # Shown by <img> and by chats, which send no headers; what they show is drawn or public.
    ("GET", "/v1/icons/*"),
    ("GET", "/v1/icons/parts"),
    ("GET", "/v1/face-types"),
    ("GET", "/s/*"),
    ("GET", "/profileImg/*"),
)
_OPEN_FOLDERS = ("/files/",)
"""Everything below these is open."""


_TABLE: CallTable[Scope | None] = CallTable(
    [
        *((call, None) for call in _OPEN),
        *((call, scope) for scope, calls in _NEEDED.items() for call in calls),
    ]
)


def needed_scope(method: str, path: str) -> Scope | None:
    """The scope that a call needs; None: it is open to everyone. What is not listed needs an administrator.

    Args:
        method: HEAD is asked as GET is, and OPTIONS tells nothing.
        path: of the request.
    """
    if method == "OPTIONS":
        return None
    method = "GET" if method == "HEAD" else method
    if method == "GET" and path.startswith(_OPEN_FOLDERS):
        return None
    found = _TABLE.find(method, path)
    return Scope.ADMIN if found is None else found[0]
