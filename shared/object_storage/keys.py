"""Keys of objects: segments of ``A–Z a–z 0–9 . _ , = -`` with ``/`` between them.

No segment begins with a dot, so neither ``..`` nor hidden files can be named. The extension says the
media type. Everything below ``public/`` may be served to anybody; nothing else ever is.
"""

import re

PUBLIC_PREFIX = "public/"
"""Where objects lie that anybody may read."""

FILES_PATH = "/files/"
"""Path of the gateway below which public objects are served when they lie in a folder."""

_SEGMENT = r"[A-Za-z0-9_,=-][A-Za-z0-9._,=-]{0,199}"
_KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{0,15}}")
_PREFIX = re.compile(rf"(?:{_SEGMENT}/){{0,15}}(?:{_SEGMENT})?")
_LONGEST_KEY = 700
_CONTENT_HASH = re.compile(r"(?:.*/)?[0-9a-f]{64}(?:\.[a-z0-9]+)?")

_MEDIA_TYPES = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "heic": "image/heic",
    "json": "application/json",
    "yaml": "application/yaml",
    "html": "text/html",
    "txt": "text/plain",
}
_ANY_BYTES = "application/octet-stream"


def is_key(text: str) -> bool:
    """Whether ``text`` can be the key of an object."""
    return len(text) <= _LONGEST_KEY and _KEY.fullmatch(text) is not None


def check_key(key: str) -> str:
    """``key`` itself.

    Raises:
        ValueError: it is no key.
    """
    if not is_key(key):
        raise ValueError(f"not a key of an object: {key[:100]!r}")
    return key


def check_prefix(prefix: str) -> str:
    """``prefix`` itself, which may be empty or end anywhere within a key.

    Raises:
        ValueError: no key begins like that.
    """
    if len(prefix) > _LONGEST_KEY or _PREFIX.fullmatch(prefix) is None:
        raise ValueError(f"not the beginning of a key: {prefix[:100]!r}")
    return prefix


def check_public(key: str) -> str:
    """The public ``key`` without its prefix.

    Raises:
        ValueError: it is no key, or not a public one.
    """
    if not check_key(key).startswith(PUBLIC_PREFIX):
        raise ValueError(f"not a public object: {key[:100]!r}")
    return key.removeprefix(PUBLIC_PREFIX)


def media_type_of(key: str) -> str:
    """Media type that the extension of ``key`` stands for; ``application/octet-stream`` when unknown."""
    _, dot, extension = key.rpartition("/")[2].rpartition(".")
    return _MEDIA_TYPES.get(extension.lower(), _ANY_BYTES) if dot else _ANY_BYTES


def check_media_type(key: str, media_type: str) -> None:
    """Raise ``ValueError`` unless ``media_type`` is what the extension of ``key`` says.

    A folder keeps no media types, so both kinds of storage hold to the extension.
    """
    if media_type != media_type_of(key):
        raise ValueError(f"{key!r} stands for {media_type_of(key)}, not {media_type}")


def is_content_addressed(key: str) -> bool:
    """Whether the last segment is the SHA-256 of the content: such an object never changes."""
    return _CONTENT_HASH.fullmatch(key) is not None
