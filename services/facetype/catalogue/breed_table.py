"""``breed_types.yaml`` of a catalogue about animals: the type of each breed, written from its standard.

Training and evaluation take the type of a photo from here; serving never reads it.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.facetype.catalogue.loading import CatalogueError, in_words, read_yaml
from services.facetype.catalogue.schema import Catalogue, Identifier, Text

FILE = "breed_types.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Breed(_Strict):
    """A breed and the type of its face."""

    id: Identifier
    synset: str
    """The photos' folder in Stanford Dogs starts with it."""
    type: Identifier
    muzzle: str
    ears: str
    beard: str
    held_out: bool = False
    """No photo of it is ever trained on."""
    note: str = ""
    """Why a borderline breed was filed as it is."""

    @property
    def attributes(self) -> dict[str, str]:
        """What its standard says; bridge and brow follow from muzzle and beard."""
        brow = "bushy" if self.beard == "present" else "plain"
        return {
            "muzzle": self.muzzle,
            "bridge": self.muzzle,
            "ears": self.ears,
            "beard": self.beard,
            "brow": brow,
        }


class BreedTable(_Strict):
    """All breeds, with where the facts come from."""

    sources: Annotated[Mapping[Identifier, Text], Field(min_length=1)]
    rules: Annotated[tuple[Text, ...], Field(min_length=1)]
    held_out_seed: int
    breeds: Annotated[tuple[Breed, ...], Field(min_length=1)]

    @property
    def by_synset(self) -> dict[str, Breed]:
        """Synset → breed."""
        return {breed.synset: breed for breed in self.breeds}


def read_breed_table(catalogue: Catalogue) -> BreedTable:
    """The table of a catalogue.

    Raises:
        CatalogueError: it is missing or wrong, or a breed's attributes make another type than it says.
    """
    path = catalogue.folder / FILE
    document = read_yaml(path)
    try:
        table = BreedTable.model_validate(document)
    except ValidationError as error:
        raise CatalogueError(in_words(path, error, document)) from error
    for breed in table.breeds:
        try:
            made = catalogue.type_of(breed.attributes)
        except ValueError as error:
            raise CatalogueError(f"{path}: breeds.{breed.id}: {error}") from error
        if made != breed.type:
            raise CatalogueError(
                f"{path}: breeds.{breed.id}.type: is {breed.type}, its attributes make {made}"
            )
    return table
