"""Phone numbers as E.164."""

import phonenumbers

from shared.errors import PawtraitError, Reason

_LONGEST = 64


def normalise_phone(text: str, region: str, *, field: str) -> str:
    """The number in E.164, e.g. ``+821012345678``; an extension is dropped.

    Args:
        text: international, or national in ``region``.
        region: ISO 3166 code, e.g. ``KR``.
        field: named in errors. The number itself never is.

    Raises:
        PawtraitError: ``INVALID_FIELD``: no such number can exist.
    """
    error = PawtraitError(Reason.INVALID_FIELD, f"{field} is not a number that can exist", {"field": field})
    if len(text) > _LONGEST:
        raise error
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise error from None
    if not phonenumbers.is_valid_number(number):
        raise error
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def last_four(e164: str) -> str:
    """The last four digits of a normalised number; short numbers are filled up with zeros."""
    return e164.lstrip("+")[-4:].rjust(4, "0")


def is_region(code: str) -> bool:
    """Whether ``code`` is the ISO 3166 code of a country with phone numbers."""
    return code in phonenumbers.SUPPORTED_REGIONS
