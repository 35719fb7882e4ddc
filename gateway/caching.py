"""Answers that callers may keep, and callers that have them already."""

from starlette.responses import Response

IMMUTABLE = "public, max-age=31536000, immutable"
"""For addresses whose bytes never change."""


def cached_response(
    content: bytes, media_type: str, content_hash: str, if_none_match: str, *, cache_control: str
) -> Response:
    """Bytes with a strong ETag, or 304 when the caller has them.

    Args:
        content: the bytes.
        media_type: their type.
        content_hash: identifies them; becomes the ETag.
        if_none_match: the caller's header, may be empty.
        cache_control: what caches may do.

    """
    etag = f'"{content_hash}"'
    headers = {"ETag": etag, "Cache-Control": cache_control}
    if matches(etag, if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


def matches(etag: str, if_none_match: str) -> bool:
    """Whether an ``If-None-Match`` header names the tag (weak comparison, RFC 9110, section 13.1.2)."""
    candidates = (candidate.strip() for candidate in if_none_match.split(","))
    return any(candidate == "*" or candidate.removeprefix("W/") == etag for candidate in candidates)
