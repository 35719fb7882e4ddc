"""Finding a dog by one photo, comparing a photo with one dog, and the evidence for either."""

import functools
import uuid
from dataclasses import dataclass, field
from typing import Literal

import asyncpg

from services.noseprint.access import no_such_dog
from services.noseprint.alignment import AlignedNose, align
from services.noseprint.context import ServiceContext
from services.noseprint.evidence import draw_evidence
from services.noseprint.local_features import extract, match
from services.noseprint.matching import DogMatch
from services.noseprint.photos import MAX_SIDE, decode_nose, encode_nose
from services.noseprint.register import audit, dogs, lookups, tokens
from services.noseprint.register.records import Actor, DogState
from services.noseprint.views import DogView
from shared import metrics
from shared.database.pool import Connection, has_no_room
from shared.errors import PawtraitError, Reason
from shared.inference_pool import Stopwatch
from shared.pictures import decode_picture
from shared.uploads.object_uploads import ObjectUploads


@dataclass(frozen=True)
class Identified:
    """The dog that a photo shows."""

    dog: DogView
    probability: float
    contact_token: str = field(repr=False)


@dataclass(frozen=True)
class Lookup:
    """The answer to a lookup: a dog, or none."""

    id: uuid.UUID
    match: Identified | None
    stages: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Verification:
    """Whether a photo shows a dog."""

    id: uuid.UUID
    same: bool
    probability: float
    stages: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class DrawnEvidence:
    """Two noses side by side with their matched points joined."""

    png: bytes = field(repr=False)
    inliers: int


class Identification:
    """The use cases.

    Args:
        context: what they work with.
        pictures: where registered photos lie.
    """

    def __init__(self, context: ServiceContext, pictures: ObjectUploads) -> None:
        self._context = context
        self._pictures = pictures

    async def identify(self, photo: bytes, *, time_left: float | None) -> Lookup:
        """Find the dog that a photo shows among all registered ones.

        Raises:
            PawtraitError: the photo will not do; ``SERVICE_UNAVAILABLE``.
        """
        watch, lookup_id = Stopwatch(), uuid.uuid4()
        read = await self._context.read_photo(photo, watch, keep=False, time_left=time_left)
        async with self._context.database.transaction() as connection:
            found = await self._context.finder.find(
                connection,
                [read.probe],
                lambda scorer, size: scorer.threshold_identify(size),
                watch,
                time_left=time_left,
            )
            dog = await dogs.get(connection, found.dog_id) if found else None
            if found is None or dog is None:
                await self._record(connection, lookup_id, "identify", None, None, 0.0)
                await audit.record(connection, "lookup", Actor.PUBLIC, matched=False)
                metrics.MATCHES.labels("identify", "none").inc()
                return Lookup(lookup_id, None, tuple(watch.stages))
            await self._record(connection, lookup_id, "identify", found, read.nose.aligned, found.probability)
            lifetime = self._context.settings.contact_token_lifetime
            token = await tokens.give_contact_token(connection, dog.id, lookup_id, lifetime)
            await audit.record(
                connection,
                "lookup",
                Actor.PUBLIC,
                dog.id,
                matched=True,
                probability=round(found.probability, 4),
            )
        metrics.MATCHES.labels("identify", "match").inc()
        view = self._context.views.public(dog)
        return Lookup(lookup_id, Identified(view, found.probability, token), tuple(watch.stages))

    async def verify(self, dog_id: uuid.UUID, photo: bytes, *, time_left: float | None) -> Verification:
        """Compare a photo with one registered dog.

        Raises:
            PawtraitError: ``NOT_FOUND``; the photo will not do; ``SERVICE_UNAVAILABLE``.
        """
        watch, comparison_id = Stopwatch(), uuid.uuid4()
        async with self._context.database.connection() as connection:
            dog = await dogs.get(connection, dog_id)
            if dog is None or dog.state is DogState.PENDING:
                raise no_such_dog()
        read = await self._context.read_photo(photo, watch, keep=False, time_left=time_left)
        async with self._context.database.transaction() as connection:
            with watch.stage("verify"):
                compared = await self._context.finder.compare(
                    connection, read.probe, dog_id, time_left=time_left
                )
            if compared is None:
                raise no_such_dog()
            found, threshold = compared
            same = found.probability >= threshold
            metrics.MATCHES.labels("verify", "match" if same else "none").inc()
            await self._record(
                connection,
                comparison_id,
                "verify",
                found if same else None,
                read.nose.aligned if same else None,
                found.probability,
            )
            await audit.record(connection, "verification", Actor.PUBLIC, dog_id, same=same)
        return Verification(comparison_id, same, found.probability, tuple(watch.stages))

    async def evidence(self, lookup_id: uuid.UUID, *, time_left: float | None) -> DrawnEvidence:
        """Draw the matched points of two noses side by side.

        Raises:
            PawtraitError: ``NOT_FOUND``: no such lookup, too long ago, or it matched nothing.
        """
        async with self._context.database.connection() as connection:
            kept = await lookups.evidence(connection, lookup_id)
        picture = await self._pictures.get(kept.picture_key) if kept else None
        if kept is None or picture is None:
            raise PawtraitError(Reason.NOT_FOUND, "there is no evidence of such a lookup")

        def draw() -> DrawnEvidence:
            asked = decode_nose(kept.nose)
            registered = align(decode_picture(picture, max_side=MAX_SIDE), kept.box)
            matched = match(extract(asked), extract(registered))
            return DrawnEvidence(draw_evidence(asked, registered, matched), matched.inliers)

        return await self._context.pool.run(draw, time_left=time_left)

    async def _record(
        self,
        connection: Connection,
        lookup_id: uuid.UUID,
        kind: Literal["identify", "verify"],
        found: DogMatch | None,
        nose: AlignedNose | None,
        probability: float,
    ) -> None:
        record = functools.partial(
            lookups.record,
            connection,
            lookup_id,
            kind,
            probability=probability,
            lifetime=self._context.settings.lookup_retention,
            dog_id=found.dog_id if found else None,
            print_id=found.print_id if found else None,
        )
        if nose is None:
            await record()
            return
        try:
            async with connection.transaction():
                await record(nose=encode_nose(nose))
        except asyncpg.PostgresError as error:
            # On a disk that is full there may still be room for a few words: whose dog it is can be told, and
            # only its evidence is missing.
            if not has_no_room(error):
                raise
            await record()
