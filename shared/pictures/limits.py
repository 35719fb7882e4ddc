"""How large a picture may be, and the refusals of what is larger or is no picture."""

from dataclasses import dataclass

from shared.errors import PawtraitError, Reason


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Caps that are checked before anything is decoded.

    Attributes:
        max_bytes: length of the encoded picture, in bytes.
        max_pixels: width × height that the picture declares.
    """

    max_bytes: int = 15_000_000
    max_pixels: int = 50_000_000

    def check_bytes(self, length: int) -> None:
        """Raise ``PHOTO_TOO_LARGE`` when ``length`` bytes are too many."""
        if length > self.max_bytes:
            raise PawtraitError(
                Reason.PHOTO_TOO_LARGE,
                f"The picture has {length} bytes; at most {self.max_bytes} are taken.",
                {"bytes": str(length), "max_bytes": str(self.max_bytes)},
            )

    def check_size(self, width: int, height: int) -> None:
        """Raise ``PHOTO_TOO_LARGE`` when ``width`` × ``height`` pixels are too many."""
        if width * height > self.max_pixels:
            raise PawtraitError(
                Reason.PHOTO_TOO_LARGE,
                f"The picture has {width} × {height} pixels; at most {self.max_pixels} in all are taken.",
                {"width": str(width), "height": str(height), "max_pixels": str(self.max_pixels)},
            )


def not_an_image(why: str) -> PawtraitError:
    """The refusal of bytes that are no readable picture; ``why`` ends a sentence."""
    return PawtraitError(
        Reason.NOT_AN_IMAGE,
        f"Not a readable JPEG, PNG, WebP or HEIC picture: {why}.",
        {"cause": why},
    )
