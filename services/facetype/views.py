"""Types and profiles as callers see them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.facetype.catalogue import Catalogue, Language
from services.facetype.face import FaceAnalysis, Outcome
from services.facetype.profiles import objects
from services.facetype.profiles.facts import ProfileFacts
from services.facetype.profiles.records import ProfileRecord, SharedRecord
from services.facetype.showcase import Showcase
from shared.object_storage import ObjectStorage


@dataclass(frozen=True, slots=True)
class TypeView:
    """A type in one language."""

    id: str
    name: str
    description: str
    card_lines: tuple[str, str]
    common_breeds: tuple[str, ...] = ()
    gallery: tuple[str, ...] = ()
    """Addresses."""
    profile_count: int = 0


@dataclass(frozen=True, slots=True)
class ProfileView:
    """What the holder of a profile's token sees."""

    id: uuid.UUID
    share_id: uuid.UUID
    analysis: FaceAnalysis
    type: TypeView
    gallery: tuple[str, ...]
    """Addresses of the pictures that were chosen for it."""
    icon_url: str
    portrait_url: str
    landscape_url: str
    facts: ProfileFacts
    language: Language
    """Of the cards."""
    catalogue: str
    model_version: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SharedView:
    """What anybody who has the link sees."""

    type: TypeView
    portrait_url: str
    landscape_url: str
    card_language: Language
    language: Language
    expires_at: datetime


class Views:
    """Makes them.

    Args:
        catalogue: whose words they have.
        showcase: where its pictures are.
        storage: where the profiles' cards are.
    """

    def __init__(self, catalogue: Catalogue, showcase: Showcase, storage: ObjectStorage) -> None:
        self._catalogue = catalogue
        self._showcase = showcase
        self._storage = storage

    def type(self, type_id: str, language: Language, *, profile_count: int = 0) -> TypeView:
        """A type. One that the catalogue has no more has nothing but its id for a name."""
        if type_id not in self._catalogue.type_ids:
            return TypeView(type_id, type_id, "", ("", ""), profile_count=profile_count)
        kind = self._catalogue.type(type_id)
        return TypeView(
            id=kind.id,
            name=kind.name.of(language),
            description=kind.description.of(language),
            card_lines=kind.lines_of_card(language),
            common_breeds=kind.common_breeds,
            gallery=self._showcase.gallery_urls(type_id),
            profile_count=profile_count,
        )

    def types(self, language: Language, counts: Mapping[str, int]) -> list[TypeView]:
        """All types of the catalogue in its order."""
        return [
            self.type(type_id, language, profile_count=counts.get(type_id, 0))
            for type_id in self._catalogue.type_ids
        ]

    def profile(self, profile: ProfileRecord, language: Language | None = None) -> ProfileView:
        """A profile; the type's words are in its cards' language unless another is wanted."""
        order = {type_id: place for place, type_id in enumerate(self._catalogue.type_ids)}
        ordered = sorted(profile.probabilities.items(), key=lambda pair: order.get(pair[0], len(order)))
        return ProfileView(
            id=profile.id,
            share_id=profile.share_id,
            analysis=FaceAnalysis(Outcome.OK, profile.type_id, dict(ordered), profile.parts),
            type=self.type(profile.type_id, language or profile.language),
            gallery=tuple(self._storage.url(key) for key in profile.gallery),
            icon_url=profile.icon_url,
            portrait_url=self._storage.url(objects.portrait_key(profile.share_id)),
            landscape_url=self._storage.url(objects.landscape_key(profile.share_id)),
            facts=profile.facts,
            language=profile.language,
            catalogue=f"{profile.catalogue}-{profile.catalogue_version}",
            model_version=profile.model_version,
            created_at=profile.created_at,
            expires_at=profile.expires_at,
        )

    def shared(self, profile: SharedRecord, language: Language | None = None) -> SharedView:
        """What the public page of a profile may show."""
        chosen = language or profile.language
        return SharedView(
            type=self.type(profile.type_id, chosen),
            portrait_url=self._storage.url(objects.portrait_key(profile.share_id)),
            landscape_url=self._storage.url(objects.landscape_key(profile.share_id)),
            card_language=profile.language,
            language=chosen,
            expires_at=profile.expires_at,
        )
