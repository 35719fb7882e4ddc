"""The card that a profile's owner saves or shares: a picture, the name of the type, two lines."""

from services.facetype.card.content import CardContent
from services.facetype.card.rendering import render_landscape, render_portrait

__all__ = ["CardContent", "render_landscape", "render_portrait"]
