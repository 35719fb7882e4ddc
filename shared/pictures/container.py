"""What a picture's container says, read without a decoder.

Each reader walks the container, notes size, orientation and colour profile, and puts together a file that
holds the first picture and nothing else. Decoders therefore never see metadata, further frames or
anything appended, which closes the classic bombs in those (compressed text chunks, endless chunk lists).
"""

from dataclasses import dataclass

UPRIGHT = 1
"""The EXIF orientation of a picture that needs no turning."""

MAX_PROFILE_BYTES = 4_000_000
"""Longer colour profiles are ignored; press profiles take up to about 3 MB, those of phones 600 bytes."""


@dataclass(frozen=True, slots=True)
class Container:
    """A picture ready for its decoder.

    Attributes:
        width: pixels, as stored (before turning).
        height: pixels, as stored.
        data: a file of the same type with the first picture only and without metadata.
        orientation: EXIF orientation 1…8 that is still to be applied.
        profile: embedded ICC profile, None when there is none or it is too long.
    """

    width: int
    height: int
    data: bytes
    orientation: int = UPRIGHT
    profile: bytes | None = None


def usable_profile(profile: bytes) -> bytes | None:
    """``profile``, or None when it is empty or too long to be worth reading."""
    return profile if 0 < len(profile) <= MAX_PROFILE_BYTES else None
