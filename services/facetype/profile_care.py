"""What the holder of a profile's token does with it, and what anybody sees of it."""

import uuid

from services.facetype.access import check_token, no_such_profile
from services.facetype.catalogue import Language
from services.facetype.context import ServiceContext
from services.facetype.profiles import objects, rows
from services.facetype.views import ProfileView, SharedView, TypeView
from shared.errors import PawtraitError, Reason


class ProfileCare:
    """The use cases.

    Every method raises ``PawtraitError`` with ``SERVICE_UNAVAILABLE`` when the database is away.

    Args:
        context: what they work with.
    """

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def get(self, profile_id: uuid.UUID, token: str, language: Language | None) -> ProfileView:
        """A profile.

        Args:
            language: of the type's words; None: that of the cards.

        Raises:
            PawtraitError: as :func:`services.facetype.access.check_token`.
        """
        async with self._context.database.connection() as connection:
            await check_token(connection, profile_id, token)
            record = await rows.get(connection, self._context.cipher, profile_id)
        if record is None:
            raise no_such_profile()
        return self._context.views.profile(record, language)

    async def delete(self, profile_id: uuid.UUID, token: str) -> None:
        """Remove a profile: its row, its photo, its cards, and the answer kept for a repeated call.

        Raises:
            PawtraitError: as :func:`services.facetype.access.check_token`.
        """
        async with self._context.database.transaction() as connection:
            await check_token(connection, profile_id, token)
            share_id = await rows.delete(connection, profile_id)
        if share_id is None:
            raise no_such_profile()
        # The row is gone; objects that cannot be removed now are nobody's, and the sweeper's.
        await self._context.uploads.remove_or_leave(objects.keys_of(share_id))

    async def get_shared(self, share_id: uuid.UUID, language: Language | None) -> SharedView:
        """What the public page of a profile may show.

        Raises:
            PawtraitError: ``NOT_FOUND``.
        """
        async with self._context.database.connection() as connection:
            shared = await rows.get_shared(connection, share_id)
        if shared is None:
            raise PawtraitError(Reason.NOT_FOUND, "there is no such page")
        return self._context.views.shared(shared, language)

    async def types(self, language: Language) -> list[TypeView]:
        """The catalogue with the number of profiles of each type."""
        async with self._context.database.connection() as connection:
            counts = await rows.counts(connection, self._context.catalogue.id)
        return self._context.views.types(language, counts)
