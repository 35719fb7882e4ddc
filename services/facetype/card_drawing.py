"""The two cards of a profile: which picture they show, and what they say."""

import io
from dataclasses import dataclass, field
from enum import StrEnum

import cv2
import numpy as np
from PIL import Image

from services.facetype.card import CardContent, render_landscape, render_portrait
from services.facetype.card.content import CardPicture
from services.facetype.catalogue import Catalogue, FaceType, Language
from services.facetype.face import FaceAnalysis, Part
from services.facetype.showcase import Published
from shared.geometry import Box, RgbImage
from shared.pictures.limits import PictureLimits, not_an_image
from shared.pictures.png import SIGNATURE, read_png

MOST_ICON_BYTES = 2_000_000
MOST_ICON_SIDE = 2048
_DISC_SIDE = 640
_SAND = (232, 205, 170)
_MARGIN = 0.15
"""What is left around a face, as a share of its longer side."""


class PictureChoice(StrEnum):
    """What the cards show."""

    ICON = "icon"
    """The icon; a gallery picture when there is none."""
    PHOTO = "photo"
    """The photo, cropped to the face."""
    GALLERY = "gallery"


@dataclass(frozen=True, slots=True)
class Cards:
    """Two PNG files."""

    portrait: bytes = field(repr=False)
    """1080 × 1350 pixels."""
    landscape: bytes = field(repr=False)
    """1200 × 630 pixels."""


def draw_cards(picture: CardPicture, kind: FaceType, language: Language, address: str) -> Cards:
    """Both cards of a type.

    Args:
        picture: see :class:`services.facetype.card.CardContent`.
        address: for the footer; empty: none.
    """
    content = CardContent(
        picture=picture,
        type_name=kind.name.of(language),
        lines=kind.lines_of_card(language),
        language=language.value,
        address=address,
    )
    return Cards(render_portrait(content), render_landscape(content))


def decode_icon(data: bytes) -> CardPicture:
    """An icon that a caller sent.

    Returns:
        (height, width, 4) uint8, red green blue alpha.

    Raises:
        PawtraitError: ``NOT_AN_IMAGE`` unless it is a whole PNG; ``PHOTO_TOO_LARGE`` beyond
            :data:`MOST_ICON_BYTES` and :data:`MOST_ICON_SIDE` squared.
    """
    limits = PictureLimits(MOST_ICON_BYTES, MOST_ICON_SIDE**2)
    limits.check_bytes(len(data))
    if not data.startswith(SIGNATURE):
        raise not_an_image("an icon has to be a PNG")
    container = read_png(bytes(data))
    limits.check_size(container.width, container.height)
    try:
        return _rgba(container.data, "PNG")
    except Exception as error:
        # The decoder raises nearly anything on broken input; all of it means the same to the caller.
        raise not_an_image(f"its content is broken ({type(error).__name__})") from error


def read_gallery_picture(picture: Published) -> CardPicture:
    """A picture of the catalogue: (height, width, 4) uint8.

    Raises:
        OSError: it is gone, or no picture.
    """
    return _rgba(picture.path.read_bytes(), "PNG", "JPEG", "WEBP")


def plain_disc() -> CardPicture:
    """A disc in the colour of sand, for a type without pictures: (height, width, 4) uint8."""
    disc = np.zeros((_DISC_SIDE, _DISC_SIDE, 4), np.uint8)
    middle = _DISC_SIDE // 2
    cv2.circle(disc, (middle, middle), middle - 2, (*_SAND, 255), thickness=-1, lineType=cv2.LINE_AA)
    return disc


def warm_up(catalogue: Catalogue) -> None:
    """Draw a card once, so that the first caller does not wait for fonts to be read."""
    draw_cards(plain_disc(), catalogue.types[0], Language.EN, "")


def face_of(image: RgbImage, analysis: FaceAnalysis) -> RgbImage:
    """The square around the whole face with a little room, or what of it lies in the photo."""
    box = next((vote.box for vote in analysis.parts if vote.part is Part.WHOLE), Box(0, 0, 1, 1))
    height, width = image.shape[:2]
    left, top, right, bottom = box.pixels(width, height)
    side = min(round(max(right - left, bottom - top) * (1 + 2 * _MARGIN)), width, height)
    left = min(max((left + right - side) // 2, 0), width - side)
    top = min(max((top + bottom - side) // 2, 0), height - side)
    return np.ascontiguousarray(image[top : top + side, left : left + side])


def _rgba(data: bytes, *formats: str) -> CardPicture:
    with Image.open(io.BytesIO(data), formats=formats) as image:
        return np.asarray(image.convert("RGBA"), np.uint8)
