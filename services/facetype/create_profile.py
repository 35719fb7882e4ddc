"""Making a profile: a photo is read, cards are drawn, and all of it is kept or nothing."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import asyncpg

from services.facetype.card.content import CardPicture
from services.facetype.card_drawing import (
    Cards,
    PictureChoice,
    decode_icon,
    draw_cards,
    face_of,
    plain_disc,
    read_gallery_picture,
)
from services.facetype.context import MAX_SIDE, ServiceContext
from services.facetype.creation import (
    GivenFields,
    KeptAnswer,
    ProfileRequest,
    check_fields,
    format_answer,
    parse_answer,
    request_hash,
)
from services.facetype.face import FaceAnalysis, Outcome
from services.facetype.profiles import objects, rows
from services.facetype.profiles.records import ProfileRecord
from services.facetype.refusals import refusal
from services.facetype.showcase import Published
from services.facetype.views import ProfileView
from shared.database.pool import Connection
from shared.errors import PawtraitError, Reason
from shared.geometry import RgbImage
from shared.idempotency import KeptAnswers
from shared.inference_pool import Stopwatch
from shared.pictures import decode_picture, encode_jpeg
from shared.secrets.tokens import hash_token, new_token
from shared.uploads import announcements

_QUALITY = 90


@dataclass(frozen=True, slots=True)
class CreatedProfile:
    """A profile that was made."""

    profile: ProfileView
    token: str = field(repr=False)
    stages: tuple[tuple[str, float], ...]
    """Name and milliseconds; the commit itself comes after."""


@dataclass(frozen=True, slots=True)
class _ReadPhoto:
    """What was made of a photo."""

    analysis: FaceAnalysis
    type_id: str
    photo: bytes = field(repr=False)
    """Without metadata, JPEG."""
    gallery: tuple[str, ...]
    cards: Cards


class ProfileCreation:
    """The use case.

    Args:
        context: what it works with.
    """

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._answers = KeptAnswers(context.cipher, "profile_id")
        self._zone = ZoneInfo(context.settings.time_zone)

    async def create(self, photo: bytes, given: GivenFields, *, time_left: float | None) -> CreatedProfile:
        """Make a profile.

        Args:
            photo: an encoded picture.
            given: the other fields, not yet checked.
            time_left: seconds until the caller stops waiting; None for no limit.

        Raises:
            PawtraitError: ``INVALID_FIELD`` with all faulty fields; ``NOT_AN_IMAGE``, ``PHOTO_TOO_LARGE``,
                with ``field`` = ``icon_png`` for the icon; a photo that will not do, by its outcome's name;
                ``SERVICE_UNAVAILABLE``. Nothing is stored then.
        """
        request = check_fields(
            photo,
            given,
            today=datetime.now(self._zone).date(),
            needs_consent=self._context.catalogue.needs_consent,
        )
        fingerprint = request_hash(request) if request.call_key else b""
        if (answer := await self._recall(request, fingerprint)) is not None:
            return answer
        watch = Stopwatch()
        read = await self._context.pool.run(lambda: self._read(request, watch), time_left=time_left)
        return await self._store(request, fingerprint, read, watch)

    async def _recall(self, request: ProfileRequest, fingerprint: bytes) -> CreatedProfile | None:
        """The answer that this call got before; None when it is new."""
        if not request.call_key:
            return None
        async with self._context.database.connection() as connection:
            text = await self._answers.recall(connection, request.call_key, fingerprint)
            if text is None:
                return None
            kept = parse_answer(text)
            record = await rows.get(connection, self._context.cipher, kept.profile_id)
        if record is None:
            return None
        return CreatedProfile(self._context.views.profile(record), kept.token, kept.stages)

    def _read(self, request: ProfileRequest, watch: Stopwatch) -> _ReadPhoto:
        """Everything that needs a processor, in one thread."""
        with watch.stage("decode"):
            image = decode_picture(request.photo, max_side=MAX_SIDE)
            icon = _icon(request)
        analysis = self._context.analyser.analyse(image)
        watch.stages.extend(analysis.stages)
        if analysis.outcome is not Outcome.OK or analysis.type_id is None:
            raise refusal(analysis, self._context.showcase)
        gallery = self._context.showcase.choose(analysis.type_id, request.seed)
        with watch.stage("cards"):
            picture = _picture(request.card_picture, image, analysis, icon, gallery)
            cards = draw_cards(
                picture,
                self._context.catalogue.type(analysis.type_id),
                request.language,
                self._context.card_address,
            )
        with watch.stage("encode"):
            jpeg = encode_jpeg(image, quality=_QUALITY)
        keys = tuple(picture.key for picture in gallery)
        return _ReadPhoto(analysis, analysis.type_id, jpeg, keys, cards)

    async def _store(
        self, request: ProfileRequest, fingerprint: bytes, read: _ReadPhoto, watch: Stopwatch
    ) -> CreatedProfile:
        share_id, token, settings = uuid.uuid4(), new_token(), self._context.settings
        stored = _objects(share_id, read)
        with watch.stage("upload"):
            await self._context.uploads.upload(share_id, stored)
        stages = tuple((name, round(milliseconds, 2)) for name, milliseconds in watch.stages)
        try:
            # Whatever else goes wrong from here on: whether the transaction was committed may be unknown, and
            # only the sweeper can tell whose the objects are.
            async with self._context.database.transaction() as connection:
                record = await self._insert(connection, request, read, share_id, token)
                if request.call_key:
                    await self._answers.remember(
                        connection,
                        request.call_key,
                        request_hash=fingerprint,
                        made=record.id,
                        answer=format_answer(KeptAnswer(record.id, token, stages)),
                        lifetime=min(settings.idempotency_lifetime, settings.retention),
                    )
        except asyncpg.UniqueViolationError:
            # The same call, at the same time, was faster; this transaction is rolled back.
            await self._context.uploads.take_back(share_id, stored)
            if (answer := await self._recall(request, fingerprint)) is not None:
                return answer
            raise PawtraitError(
                Reason.SERVICE_UNAVAILABLE,
                "the same call is being answered, try again",
                {"service": "facetype"},
            ) from None
        return CreatedProfile(self._context.views.profile(record), token, stages)

    async def _insert(
        self,
        connection: Connection,
        request: ProfileRequest,
        read: _ReadPhoto,
        share_id: uuid.UUID,
        token: str,
    ) -> ProfileRecord:
        context, analysis = self._context, read.analysis
        created_at = await rows.now(connection)
        record = ProfileRecord(
            id=uuid.uuid4(),
            share_id=share_id,
            token_hash=hash_token(token),
            catalogue=context.catalogue.id,
            catalogue_version=context.catalogue.version,
            model_version=context.analyser.version,
            type_id=read.type_id,
            probabilities={type_id: float(share) for type_id, share in analysis.probabilities.items()},
            parts=analysis.parts,
            gallery=read.gallery,
            icon_url=request.icon_url,
            language=request.language,
            consent=request.consent,
            facts=request.facts,
            created_at=created_at,
            expires_at=created_at + context.settings.retention,
        )
        await rows.insert(connection, context.cipher, record)
        await announcements.finish(connection, share_id)
        return record


def _icon(request: ProfileRequest) -> CardPicture | None:
    """The icon, decoded whether or not a card shows it: one that is no picture is told in any case.

    Raises:
        PawtraitError: as :func:`decode_icon`, with ``field`` = ``icon_png``.
    """
    if not request.icon_png:
        return None
    try:
        return decode_icon(request.icon_png)
    except PawtraitError as error:
        error.metadata["field"] = "icon_png"
        raise


def _picture(
    choice: PictureChoice,
    image: RgbImage,
    analysis: FaceAnalysis,
    icon: CardPicture | None,
    gallery: list[Published],
) -> CardPicture:
    """What the cards show: never the photo, unless that was asked for."""
    if choice is PictureChoice.PHOTO:
        return face_of(image, analysis)
    if choice is PictureChoice.ICON and icon is not None:
        return icon
    return read_gallery_picture(gallery[0]) if gallery else plain_disc()


def _objects(share_id: uuid.UUID, read: _ReadPhoto) -> Mapping[str, bytes]:
    return {
        objects.photo_key(share_id): read.photo,
        objects.portrait_key(share_id): read.cards.portrait,
        objects.landscape_key(share_id): read.cards.landscape,
    }
