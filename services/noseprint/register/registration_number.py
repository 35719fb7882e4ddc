"""Registration numbers: ``20261120143015-ㄲ-5678``.

The time of registration to the second, the initial of the dog's name, and the last four digits of the
owner's phone; ``-2``, ``-3`` … follow where two would be the same. The number names a dog and proves
nothing: it is no credential.
"""

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime, tzinfo

_FIRST_SYLLABLE, _LAST_SYLLABLE = 0xAC00, 0xD7A3
_SYLLABLES_PER_INITIAL = 588
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FIRST_CONJOINING = 0x1100
_WITHOUT_LETTERS = "0"
_MASK = "****"
_NUMBER = re.compile(r"(?P<head>[0-9]{14}-[^\W_])-(?P<tail>[0-9]{4}(?:-[0-9]{1,9})?|\*{4})")


def initial_of(name: str) -> str:
    """The initial of a dog's name.

    The 초성 (initial consonant) of a name in Hangul: 꿍 gives ㄲ. The first letter in upper case of any other
    script; its first digit when it has no letter, and 0 when it has neither.
    """
    normal = unicodedata.normalize("NFC", name)
    first = next((char for char in normal if unicodedata.category(char).startswith("L")), "")
    if not first:
        return next((char for char in normal if char.isdecimal()), _WITHOUT_LETTERS)
    code = ord(first)
    if _FIRST_SYLLABLE <= code <= _LAST_SYLLABLE:
        return _INITIALS[(code - _FIRST_SYLLABLE) // _SYLLABLES_PER_INITIAL]
    if _FIRST_CONJOINING <= code < _FIRST_CONJOINING + len(_INITIALS):
        return _INITIALS[code - _FIRST_CONJOINING]
    # Upper case can be longer than one letter ("ß"), and a digraph's combining marks are no letter.
    return unicodedata.normalize("NFC", first.upper())[0]


def compose(registered_at: datetime, zone: tzinfo, dog_name: str, last_four_digits: str) -> str:
    """The number before anything is known of others.

    Args:
        registered_at: with a time zone.
        zone: of the time in the number.
        last_four_digits: of the owner's phone.
    """
    return f"{registered_at.astimezone(zone):%Y%m%d%H%M%S}-{initial_of(dog_name)}-{last_four_digits}"


def distinct(number: str, taken: Collection[str]) -> str:
    """``number``, with the smallest suffix from 2 on that makes it none of ``taken``."""
    candidate, suffix = number, 2
    while candidate in taken:
        candidate, suffix = f"{number}-{suffix}", suffix + 1
    return candidate


def mask(number: str) -> str:
    """The number as others see it: ``20261120143015-ㄲ-****``.

    Raises:
        ValueError: not a registration number.
    """
    found = _NUMBER.fullmatch(number)
    if found is None:
        raise ValueError("not a registration number")
    return f"{found['head']}-{_MASK}"


def is_number(text: str) -> bool:
    """Whether ``text`` has the form of a number, whole or masked."""
    return _NUMBER.fullmatch(text) is not None


def is_masked(number: str) -> bool:
    """Whether the tail of the number is hidden."""
    return number.endswith(_MASK)
