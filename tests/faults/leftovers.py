"""Whether objects and the rows that name them belong together, after everything."""

from datetime import timedelta

from services.facetype.profiles import objects
from services.facetype.profiles.database import Database as Profiles
from services.facetype.settings import FaceTypeSettings
from services.facetype.sweeper import Sweeper as ProfileSweeper
from services.noseprint.register import uploads
from services.noseprint.register.database import Database as Register
from services.noseprint.settings import NosePrintSettings
from services.noseprint.sweeper import Sweeper as RegisterSweeper
from shared.object_storage import ObjectStorage

_NOW = {"upload_lifetime": timedelta(0)}


async def named_and_kept(storage: ObjectStorage, database_url: str) -> tuple[set[str], set[str]]:
    """Keys that rows name, and keys of objects, after what was given up on the way has been swept.

    Nothing may be on its way any more.
    """
    named: set[str] = set()
    async with Register(database_url).opened() as register:
        await RegisterSweeper(register, storage, NosePrintSettings().model_copy(update=_NOW)).sweep()
        async with register.connection() as connection:
            rows = await connection.fetch(
                "SELECT picture_key FROM prints"
                " UNION SELECT profile_key FROM dogs WHERE profile_key IS NOT NULL"
            )
            named |= {row[0] for row in rows}
    async with Profiles(database_url).opened() as profiles:
        await ProfileSweeper(profiles, storage, FaceTypeSettings().model_copy(update=_NOW)).sweep()
        async with profiles.connection() as connection:
            rows = await connection.fetch("SELECT photo_key, portrait_key, landscape_key FROM profiles")
            named |= {key for row in rows for key in row}
    prefixes = (uploads.NOSES, uploads.PROFILES, *objects.PREFIXES)
    return named, {key for prefix in prefixes for key in storage.list(prefix)}
