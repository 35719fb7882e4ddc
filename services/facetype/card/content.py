"""What a card says and shows."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Language = Literal["en", "ko"]

CardPicture = NDArray[np.uint8]
"""Shape (height, width, 4) with straight alpha, such as an icon on its disc, or (height, width, 3), such as a
photo; uint8, channels red, green, blue (, alpha)."""


@dataclass(frozen=True, slots=True)
class CardContent:
    """One card.

    Args:
        picture: an icon or a gallery picture, or a photo, of which the middle square is taken.
        type_name: the name of the type, in the card's language.
        lines: two short lines about the type, in the card's language.
        language: of the words that the card adds itself, and of line breaking.
        address: where the card comes from, for the footer, e.g. ``pawtrait.example``; empty: none.

    Raises:
        ValueError: the picture has another shape or type than said above.

    """

    picture: CardPicture = field(repr=False)
    type_name: str
    lines: tuple[str, str]
    language: Language = "en"
    address: str = ""

    def __post_init__(self) -> None:
        picture = self.picture
        if (
            picture.dtype != np.uint8
            or picture.ndim != 3
            or picture.shape[2] not in (3, 4)
            or not picture.size
        ):
            raise ValueError(f"not a picture: shape {picture.shape}, {picture.dtype}")
