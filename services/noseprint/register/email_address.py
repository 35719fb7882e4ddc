"""E-mail addresses, checked for their form; nobody is asked whether they exist."""

from email_validator import EmailNotValidError, validate_email

from shared.errors import PawtraitError, Reason


def normalise_email(text: str, *, field: str) -> str:
    """The address with its domain in lower case and its Unicode in NFC.

    Args:
        field: named in errors. The address itself never is.

    Raises:
        PawtraitError: ``INVALID_FIELD``: not an address.
    """
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise PawtraitError(
            Reason.INVALID_FIELD, f"{field} is not an e-mail address", {"field": field}
        ) from None
