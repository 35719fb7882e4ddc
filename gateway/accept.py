"""``Accept`` and ``Accept-Language`` headers (RFC 9110, section 12.5)."""

_JSON = "application/json"
IMAGE_TYPES = ("image/png", "image/webp", "image/svg+xml")
"""Media types of icons; the first is what ``image/*`` gets."""


def ranked(header: str) -> list[str]:
    """The alternatives of a header, best first, without those of quality 0.

    Alternatives of equal quality keep their order; what cannot be parsed is left out.
    """
    weighted = []
    for position, part in enumerate(header.split(",")[:32]):
        value, *parameters = (piece.strip() for piece in part.split(";"))
        quality = _quality(parameters)
        if value and quality > 0:
            weighted.append((-quality, position, value.lower()))
    return [value for _, _, value in sorted(weighted)]


def image_type_wanted(header: str) -> str | None:
    """The media type of the icon's bytes that a caller would rather have than JSON, or ``None``.

    ``*/*`` and an absent header mean JSON. ``"image/*"`` is returned as it is.
    """
    for media_range in ranked(header):
        if media_range in ("*/*", "application/*", _JSON):
            return None
        if media_range in IMAGE_TYPES or media_range == "image/*":
            return media_range
    return None


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
