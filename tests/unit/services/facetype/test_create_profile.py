"""Making profiles: kept whole or not at all."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from services.facetype.catalogue import Catalogue, Language, load_catalogue
from services.facetype.profiles import objects
from services.facetype.profiles.database import Database
from shared.errors import PawtraitError, Reason
from shared.pictures import decode_picture
from shared.uploads import announcements
from tests.facetype_system import BORN, MBTI, png, write_catalogue
from tests.unit.services.facetype.workplace import (
    BLUE,
    GREEN,
    RED,
    WHOLE,
    Workplace,
    catalogue,
    database,
    database_url,
    opened,
    workplace,
)

__all__ = ["catalogue", "database", "database_url", "workplace"]


async def refused(workplace: Workplace, photo: bytes = GREEN, **fields: object) -> PawtraitError:
    """The refusal of a call, after which nothing may be kept."""
    with pytest.raises(PawtraitError) as caught:
        await workplace.create(photo, **fields)
    assert (await workplace.rows(), await workplace.rows("uploads"), workplace.kept()) == (0, 0, [])
    return caught.value


class TestWhatIsKept:
    async def test_photo_cards_and_row(self, workplace: Workplace) -> None:
        created = await workplace.create(icon_url="/files/icons/a.svg", language="ko", seed=4)
        profile = created.profile
        assert (await workplace.rows(), await workplace.rows("uploads")) == (1, 0)
        assert sorted(workplace.kept()) == sorted(objects.keys_of(profile.share_id))
        photo = workplace.context.storage.get(objects.photo_key(profile.share_id))
        assert photo is not None
        assert decode_picture(photo.data, max_side=64).shape == (64, 64, 3)
        assert (profile.type.id, profile.type.name, profile.language) == ("round", "둥근 모양", Language.KO)
        assert profile.analysis.probabilities == {"round": 0.75, "cornered": 0.25}
        assert profile.analysis.parts[0].box == WHOLE
        assert profile.facts.birth_date == BORN
        assert profile.facts.mbti == MBTI
        assert profile.icon_url == "/files/icons/a.svg"
        assert profile.expires_at - profile.created_at == timedelta(days=90)
        assert (profile.catalogue, profile.model_version) == ("shapes-3", "colours-1")
        assert [name for name, _ in created.stages] == [
            "decode", "parts", "types", "cards", "encode", "upload",
        ]  # fmt: skip

    async def test_the_share_id_is_another(self, workplace: Workplace) -> None:
        created = await workplace.create()
        assert created.profile.share_id != created.profile.id

    async def test_reads_back_as_it_was_answered(self, workplace: Workplace) -> None:
        created = await workplace.create(BLUE, seed=1)
        assert await workplace.care.get(created.profile.id, created.token, None) == created.profile

    async def test_a_seed_makes_the_gallery_repeatable(self, workplace: Workplace) -> None:
        first, second = await workplace.create(seed=9), await workplace.create(seed=9)
        assert first.profile.gallery == second.profile.gallery
        assert len(set(first.profile.gallery)) == 4
        assert set(first.profile.gallery) <= set(first.profile.type.gallery)

    async def test_the_database_has_neither_birth_date_nor_mbti_nor_token(self, workplace: Workplace) -> None:
        created = await workplace.create(call_key="a key")
        async with workplace.context.database.connection() as connection:
            rows = [
                str(row["text"])
                for table in ("profiles", "idempotency")
                for row in await connection.fetch(f"SELECT t::text AS text FROM {table} t")  # noqa: S608
            ]
        assert len(rows) == 2
        for secret in (BORN.isoformat(), MBTI, created.token, "a key"):
            assert all(secret not in row and secret.encode().hex() not in row for row in rows)


class TestCards:
    async def colour_of_picture(self, workplace: Workplace, **fields: object) -> list[int]:
        """The colour in the middle of the card's picture."""
        created = await workplace.create(**fields)  # type: ignore[arg-type]
        stored = workplace.context.storage.get(objects.portrait_key(created.profile.share_id))
        assert stored is not None
        card = cv2.imdecode(np.frombuffer(stored.data, np.uint8), cv2.IMREAD_COLOR)
        assert card.shape == (1350, 1080, 3)
        return [int(value) for value in card[436, 540][::-1]]

    async def test_show_the_icon_when_there_is_one(self, workplace: Workplace) -> None:
        icon = png(250, 10, 250, alpha=255)
        assert await self.colour_of_picture(workplace, icon_png=icon) == [250, 10, 250]
        assert await self.colour_of_picture(workplace, icon_png=icon, card_picture="icon") == [250, 10, 250]

    async def test_show_a_gallery_picture_otherwise(self, workplace: Workplace) -> None:
        assert (await self.colour_of_picture(workplace))[:2] == [200, 0]
        icon = png(250, 10, 250, alpha=255)
        assert (await self.colour_of_picture(workplace, icon_png=icon, card_picture="gallery"))[0] == 200

    async def test_show_the_photo_only_when_asked_to(self, workplace: Workplace) -> None:
        red, green, blue = await self.colour_of_picture(workplace, card_picture="photo")
        assert (red < 10, green > 190, blue < 10) == (True, True, True)

    async def test_never_show_the_photo_for_want_of_pictures(
        self, database: Database, tmp_path: Path
    ) -> None:
        bare = load_catalogue(write_catalogue(tmp_path / "bare", pictures=0))
        async with opened(database, bare, tmp_path / "data") as workplace:
            assert await self.colour_of_picture(workplace) == [232, 205, 170]


class TestRefusals:
    async def test_a_photo_that_will_not_do_comes_with_an_example(self, workplace: Workplace) -> None:
        error = await refused(workplace, RED)
        assert error.reason is Reason.CUT_OFF
        assert error.metadata["face_probability"] == "0.9000"
        path = error.metadata["example_url"].removeprefix("/files/")
        assert workplace.context.storage.read_public(path) is not None

    async def test_fields_are_told_before_the_photo_is_looked_at(self, workplace: Workplace) -> None:
        error = await refused(workplace, b"no photo at all", birth_date="2026-02-30", mbti="ABCD")
        assert error.reason is Reason.INVALID_FIELD
        assert list(json.loads(error.metadata["problems"])) == ["birth_date", "mbti"]

    async def test_what_is_no_photo(self, workplace: Workplace) -> None:
        assert (await refused(workplace, b"no photo at all")).reason is Reason.NOT_AN_IMAGE

    async def test_an_icon_that_is_none_names_its_field(self, workplace: Workplace) -> None:
        for choice in ("icon", "gallery", "photo"):
            error = await refused(workplace, icon_png=b"nothing", card_picture=choice)
            assert (error.reason, error.metadata["field"]) == (Reason.NOT_AN_IMAGE, "icon_png")

    async def test_tomorrow_is_no_date_of_birth(self, workplace: Workplace) -> None:
        today = datetime.now(ZoneInfo("Asia/Seoul")).date()
        error = await refused(workplace, birth_date=(today + timedelta(days=1)).isoformat())
        assert error.metadata["field"] == "birth_date"

    async def test_people_have_to_agree(self, database: Database, tmp_path: Path) -> None:
        people = load_catalogue(write_catalogue(tmp_path / "people", subject="people"))
        async with opened(database, people, tmp_path / "data") as workplace:
            assert (await refused(workplace)).metadata["field"] == "consent"
            assert (await workplace.create(consent=True)).token
            async with workplace.context.database.connection() as connection:
                assert await connection.fetchval("SELECT consent FROM profiles") is True


class TestHalfWay:
    async def test_a_storage_that_fails_leaves_no_row(
        self, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        storage, put = workplace.context.storage, workplace.context.storage.put

        def failing(key: str, data: bytes, media_type: str) -> None:
            if key.endswith("landscape.png"):
                raise PawtraitError(Reason.SERVICE_UNAVAILABLE, "disk full", {"service": "storage"})
            put(key, data, media_type)

        monkeypatch.setattr(storage, "put", failing)
        with pytest.raises(PawtraitError) as caught:
            await workplace.create()
        assert caught.value.metadata["service"] == "storage"
        assert await workplace.rows() == 0
        await asyncio.sleep(0.1)
        await workplace.sweeper(upload_lifetime=timedelta(0)).sweep()
        assert workplace.kept() == []

    async def test_an_upload_that_was_given_up_cannot_be_named(
        self, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The sweeper gave it up in between: no row may name what is being removed."""
        upload = workplace.context.uploads.upload

        async def slow(share_id: object, stored: object) -> None:
            await upload(share_id, stored)  # type: ignore[arg-type]
            async with workplace.context.database.connection() as connection:
                assert await announcements.give_up_old(connection, timedelta(0)) == 1

        monkeypatch.setattr(workplace.context.uploads, "upload", slow)
        with pytest.raises(PawtraitError) as caught:
            await workplace.create()
        assert caught.value.reason is Reason.SERVICE_UNAVAILABLE
        assert await workplace.rows() == 0


class TestRepeatedCalls:
    async def test_get_the_same_answer(self, workplace: Workplace) -> None:
        first = await workplace.create(call_key="a key")
        assert await workplace.create(call_key="a key") == first
        assert await workplace.rows() == 1

    async def test_at_the_same_time_make_one_profile(self, workplace: Workplace) -> None:
        answers = await asyncio.gather(*(workplace.create(call_key="a key") for _ in range(8)))
        assert {(answer.profile.id, answer.token) for answer in answers} == {
            (answers[0].profile.id, answers[0].token)
        }
        assert await workplace.rows() == 1
        assert sorted(workplace.kept()) == sorted(objects.keys_of(answers[0].profile.share_id))

    async def test_without_a_key_are_not_the_same(self, workplace: Workplace) -> None:
        assert (await workplace.create()).profile.id != (await workplace.create()).profile.id

    async def test_with_other_fields_are_refused(self, workplace: Workplace) -> None:
        await workplace.create(call_key="a key")
        with pytest.raises(PawtraitError) as caught:
            await workplace.create(call_key="a key", mbti="ENFP")
        assert (caught.value.reason, caught.value.metadata["field"]) == (Reason.INVALID_FIELD, "request_id")

    async def test_after_a_deletion_make_a_new_profile(self, workplace: Workplace) -> None:
        first = await workplace.create(call_key="a key")
        await workplace.care.delete(first.profile.id, first.token)
        again = await workplace.create(call_key="a key")
        assert again.profile.id != first.profile.id
        assert again.token != first.token


async def test_profiles_made_at_once_are_all_whole(workplace: Workplace, catalogue: Catalogue) -> None:
    created = await asyncio.gather(*(workplace.create((GREEN, BLUE)[number % 2]) for number in range(10)))
    assert await workplace.rows() == 10
    wanted = {key for each in created for key in objects.keys_of(each.profile.share_id)}
    assert set(workplace.kept()) == wanted
    views = await workplace.care.types(Language.EN)
    assert [(view.id, view.profile_count) for view in views] == [("round", 5), ("cornered", 5)]
    assert tuple(view.id for view in views) == catalogue.type_ids
