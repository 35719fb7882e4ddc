"""What an icon shows, in the words of the vocabulary."""

from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict

from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

DEFAULT_STYLE = "classic-v1"
"""The built-in style; a style's name carries the version of its drawing."""


@dataclass(frozen=True, slots=True)
class IconSpec:
    """One icon, all parts chosen."""

    ear: Ear
    fur: Fur
    pattern: Pattern
    primary: Colour
    secondary: Colour
    head: HeadShape = HeadShape.ROUND
    beard: bool = False
    style: str = DEFAULT_STYLE

    def canonical(self) -> "IconSpec":
        """The same icon without what cannot show.

        A pattern of ``none`` has no secondary colour, and a pattern in the primary colour is none;
        specs that look alike therefore have one canonical spec, one :meth:`key` and one file.
        """
        if self.pattern is Pattern.NONE or self.secondary is self.primary:
            return replace(self, pattern=Pattern.NONE, secondary=self.primary)
        return self

    def key(self) -> str:
        """A stable text of the canonical spec, for hashing and for names; the same in every process."""
        own = self.canonical()
        parts = (own.style, own.head, own.ear, own.fur, own.pattern, own.primary, own.secondary)
        return "/".join([*parts, "beard" if own.beard else "no_beard"])


class DrawnDog(BaseModel):
    """A dog as a list of drawings names it; what is left out is as in :class:`IconSpec`.

    ``secondary`` is needed with a pattern.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ear: Ear
    fur: Fur
    pattern: Pattern
    primary: Colour
    secondary: Colour | None = None
    head: HeadShape = HeadShape.ROUND
    beard: bool = False

    def spec(self) -> IconSpec:
        """The icon of that dog in the built-in style."""
        second = self.secondary or self.primary
        return IconSpec(self.ear, self.fur, self.pattern, self.primary, second, self.head, self.beard)
