"""Registering a dog with five photos of its nose."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace

from services.noseprint.access import unauthenticated
from services.noseprint.agreement import check_agreement
from services.noseprint.context import ServiceContext
from services.noseprint.matching import DogMatch
from services.noseprint.photos import ReadPhoto, prepare_profile, total_stages
from services.noseprint.register import audit, dogs, tokens, uploads
from services.noseprint.register.records import Actor
from services.noseprint.registration_call import (
    Registered,
    RegistrationRequest,
    format_answer,
    parse_answer,
    request_hash,
)
from services.noseprint.registration_rows import insert_registration
from services.noseprint.views import already_registered
from shared.database.pool import Connection
from shared.errors import PawtraitError, Reason
from shared.idempotency import KeptAnswers
from shared.inference_pool import Stopwatch
from shared.uploads import announcements
from shared.uploads.object_uploads import ObjectUploads

PHOTOS = 5
"""Nose photos that a registration takes."""


class Registration:
    """The use case.

    Args:
        context: what it works with.
        pictures: where photos are kept.
    """

    def __init__(self, context: ServiceContext, pictures: ObjectUploads) -> None:
        self._context = context
        self._pictures = pictures
        self._answers = KeptAnswers(context.cipher, "dog_id")

    async def register(self, request: RegistrationRequest, *, time_left: float | None) -> Registered:
        """Register a dog: everything is stored or nothing.

        Features are extracted before the register is locked; search, comparison and insertion are one
        transaction under the lock, so of several registrations of one dog exactly one succeeds.

        Args:
            time_left: seconds until the caller stops waiting; None for no limit.

        Raises:
            PawtraitError: a photo will not do; ``PHOTOS_DISAGREE``; ``ALREADY_REGISTERED`` with that dog's
                public facts; ``UNAUTHENTICATED``: the owner token is nobody's; ``SERVICE_UNAVAILABLE``.
        """
        if len(request.noses) != PHOTOS:
            raise PawtraitError(
                Reason.INVALID_FIELD,
                f"a registration takes {PHOTOS} nose photos, not {len(request.noses)}",
                {"field": "nose"},
            )
        fingerprint = request_hash(request)
        async with self._context.database.connection() as connection:
            if (answer := await self._recall(connection, request, fingerprint)) is not None:
                return answer
            if request.owner_token and not await tokens.dog_of_owner_token(connection, request.owner_token):
                raise unauthenticated()
        profile = None
        if request.profile is not None:
            given = request.profile
            profile = await self._context.pool.run(lambda: prepare_profile(given), time_left=time_left)
        photos, watches = await self._context.read_photos(request.noses, time_left=time_left)
        watch = Stopwatch(total_stages(watches))
        await self._agree(photos, watch, time_left)
        return await self._store(request, fingerprint, photos, profile, watch, time_left)

    async def _recall(
        self, connection: Connection, request: RegistrationRequest, fingerprint: bytes
    ) -> Registered | None:
        if not request.call_key:
            return None
        answer = await self._answers.recall(connection, request.call_key, fingerprint)
        return parse_answer(answer) if answer is not None else None

    async def _agree(self, photos: Sequence[ReadPhoto], watch: Stopwatch, time_left: float | None) -> None:
        finder, probes = self._context.finder, [photo.probe for photo in photos]
        with watch.stage("agree"):
            await self._context.pool.run(
                lambda: check_agreement(probes, finder.scorer, finder.current), time_left=time_left
            )

    async def _store(
        self,
        request: RegistrationRequest,
        fingerprint: bytes,
        photos: Sequence[ReadPhoto],
        profile: bytes | None,
        watch: Stopwatch,
        time_left: float | None,
    ) -> Registered:
        dog_id = uuid.uuid4()
        stored = {uploads.nose_key(dog_id, number): photo.picture for number, photo in enumerate(photos)}
        if profile is not None:
            stored[uploads.profile_key(dog_id)] = profile
        # Uploaded while others hold the lock; the pictures of a dog that is then refused are taken back.
        uploading = asyncio.ensure_future(self._pictures.upload(dog_id, stored))
        begun = time.perf_counter()
        outcome: Registered | PawtraitError | None
        try:
            async with self._context.database.registering() as connection:
                watch.stages.append(("wait", (time.perf_counter() - begun) * 1000))
                outcome = await self._recall(connection, request, fingerprint)
                if outcome is None:
                    found = await self._find(connection, photos, watch, time_left)
                    if found is None or request.dispute:
                        with watch.stage("upload"):
                            await uploading
                        return await self._insert(
                            connection,
                            request,
                            fingerprint,
                            dog_id,
                            photos,
                            profile is not None,
                            found,
                            watch,
                        )
                    outcome = await self._refuse(connection, found)
        except BaseException:
            # Whether the transaction was committed may be unknown: only the sweeper can tell whose they are.
            uploading.cancel()
            raise
        await asyncio.gather(uploading, return_exceptions=True)
        await self._pictures.take_back(dog_id, stored)
        if isinstance(outcome, PawtraitError):
            raise outcome
        return outcome

    async def _find(
        self, connection: Connection, photos: Sequence[ReadPhoto], watch: Stopwatch, time_left: float | None
    ) -> DogMatch | None:
        return await self._context.finder.find(
            connection,
            [photo.probe for photo in photos],
            lambda scorer, size: scorer.threshold_register(size),
            watch,
            time_left=time_left,
        )

    async def _refuse(self, connection: Connection, found: DogMatch) -> PawtraitError:
        """The refusal, to be raised after the commit: the audit has a row of it."""
        dog = await dogs.get(connection, found.dog_id)
        if dog is None:
            # Deleted a moment ago, by one who needs no lock.
            return PawtraitError(
                Reason.SERVICE_UNAVAILABLE, "the register changed, try again", {"service": "noseprint"}
            )
        await audit.record(
            connection, "refused", Actor.PUBLIC, found.dog_id, probability=round(found.probability, 4)
        )
        return already_registered(self._context.views.public(dog), found.probability)

    async def _insert(
        self,
        connection: Connection,
        request: RegistrationRequest,
        fingerprint: bytes,
        dog_id: uuid.UUID,
        photos: Sequence[ReadPhoto],
        has_profile: bool,
        found: DogMatch | None,
        watch: Stopwatch,
    ) -> Registered:
        with watch.stage("insert"):
            dog = await insert_registration(
                connection,
                self._context,
                request,
                dog_id=dog_id,
                noses=[photo.nose for photo in photos],
                has_profile=has_profile,
                found=found,
            )
            token = await tokens.give_owner_token(connection, dog_id)
            await announcements.finish(connection, dog_id)
        answer = Registered(
            dog=replace(self._context.views.owner(dog), print_count=len(photos)),
            owner_token=token,
            model_name=self._context.photos.name,
            model_version=self._context.finder.current,
            stages=tuple((name, round(milliseconds, 2)) for name, milliseconds in watch.stages),
        )
        if request.call_key:
            await self._answers.remember(
                connection,
                request.call_key,
                request_hash=fingerprint,
                made=dog_id,
                answer=format_answer(answer),
                lifetime=self._context.settings.idempotency_lifetime,
            )
        return answer
