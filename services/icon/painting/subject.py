"""The dog that a portrait shows."""

from dataclasses import dataclass

from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern


@dataclass(frozen=True)
class Subject:
    """What a portrait shows, in the words of the vocabulary."""

    ear: Ear
    fur: Fur
    pattern: Pattern
    primary: Colour
    secondary: Colour
    head: HeadShape
    beard: bool
