"""The catalogue: which types of face there are, what makes them, and what people are told about them."""

from services.facetype.catalogue.loading import CatalogueError, load_catalogue
from services.facetype.catalogue.schema import Catalogue, FaceType, Language

__all__ = ["Catalogue", "CatalogueError", "FaceType", "Language", "load_catalogue"]
