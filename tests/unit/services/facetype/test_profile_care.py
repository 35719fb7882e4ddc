"""Reading, deleting and sharing profiles."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.facetype.catalogue import Catalogue, Language, load_catalogue
from services.facetype.opening import open_keys
from services.facetype.profiles.database import Database
from services.facetype.rotate_keys import rotate
from services.facetype.sweeper import Swept
from shared.errors import PawtraitError, Reason
from shared.secrets.field_cipher import FIELDS
from shared.secrets.key_ring import KeyRing
from tests.facetype_system import write_catalogue
from tests.unit.services.facetype.workplace import (
    BLUE,
    Workplace,
    catalogue,
    database,
    database_url,
    opened,
    workplace,
)

__all__ = ["catalogue", "database", "database_url", "workplace"]


@pytest.fixture
async def second(database: Database, tmp_path: Path) -> AsyncIterator[Workplace]:
    """The same data with a catalogue of another kind."""
    other = write_catalogue(tmp_path / "second")
    (other / "catalogue.yaml").write_text(
        (other / "catalogue.yaml").read_text().replace("cornered", "edgy").replace("id: shapes", "id: edges")
    )
    (other / "gallery" / "cornered").rename(other / "gallery" / "edgy")
    async with opened(database, load_catalogue(other), tmp_path / "data") as place:
        yield place


async def reason_of(work: object) -> Reason:
    with pytest.raises(PawtraitError) as caught:
        await work  # type: ignore[misc]
    return caught.value.reason


class TestToken:
    async def test_is_needed(self, workplace: Workplace) -> None:
        created = await workplace.create()
        profile_id = created.profile.id
        other = await workplace.create()
        for wrong, reason in (
            ("", Reason.UNAUTHENTICATED),
            ("guessed", Reason.PERMISSION_DENIED),
            (other.token, Reason.PERMISSION_DENIED),
        ):
            assert await reason_of(workplace.care.get(profile_id, wrong, None)) is reason
            assert await reason_of(workplace.care.delete(profile_id, wrong)) is reason
        assert (await workplace.care.get(profile_id, created.token, None)).id == profile_id

    async def test_of_nothing_opens_nothing(self, workplace: Workplace) -> None:
        assert await reason_of(workplace.care.get(uuid.uuid4(), "token", None)) is Reason.NOT_FOUND


class TestReading:
    async def test_in_another_language(self, workplace: Workplace) -> None:
        created = await workplace.create(BLUE, language="en")
        korean = await workplace.care.get(created.profile.id, created.token, Language.KO)
        assert (korean.type.name, korean.language) == ("각진 모양", Language.EN)
        assert korean.type.card_lines == ("날카롭다.", "또렷하다.")

    async def test_probabilities_come_in_the_catalogues_order(self, workplace: Workplace) -> None:
        created = await workplace.create(BLUE)
        read = await workplace.care.get(created.profile.id, created.token, None)
        assert list(read.analysis.probabilities) == ["round", "cornered"]

    async def test_a_type_that_the_catalogue_has_no_more_keeps_its_id(
        self, workplace: Workplace, second: Workplace
    ) -> None:
        created = await workplace.create(BLUE)
        read = await second.care.get(created.profile.id, created.token, None)
        assert (read.type.id, read.type.name, read.type.description) == ("cornered", "cornered", "")
        assert read.gallery == created.profile.gallery


class TestSharing:
    async def test_shows_type_and_cards_and_nothing_else(self, workplace: Workplace) -> None:
        created = await workplace.create(language="ko")
        shared = await workplace.care.get_shared(created.profile.share_id, None)
        assert shared.portrait_url == created.profile.portrait_url
        assert shared.landscape_url == created.profile.landscape_url
        assert (shared.type.name, shared.card_language) == ("둥근 모양", Language.KO)
        shown = repr(shared)
        assert str(created.profile.id) not in shown
        assert "faces/" not in shown
        assert (await workplace.care.get_shared(created.profile.share_id, Language.EN)).type.name == "Round"

    async def test_goes_by_its_own_id_only(self, workplace: Workplace) -> None:
        created = await workplace.create()
        assert await reason_of(workplace.care.get_shared(created.profile.id, None)) is Reason.NOT_FOUND


async def test_deletion_removes_everything(workplace: Workplace) -> None:
    kept = await workplace.create()
    created = await workplace.create(call_key="a key")
    before = set(workplace.kept())
    await workplace.care.delete(created.profile.id, created.token)
    assert len(before - set(workplace.kept())) == 3
    assert (await workplace.rows(), await workplace.rows("idempotency")) == (1, 0)
    assert await reason_of(workplace.care.get(created.profile.id, created.token, None)) is Reason.NOT_FOUND
    assert await reason_of(workplace.care.delete(created.profile.id, created.token)) is Reason.NOT_FOUND
    assert await reason_of(workplace.care.get_shared(created.profile.share_id, None)) is Reason.NOT_FOUND
    assert (await workplace.care.get(kept.profile.id, kept.token, None)).id == kept.profile.id


class TestRetention:
    async def test_what_is_over_goes_with_photo_and_cards(self, workplace: Workplace) -> None:
        over, kept = await workplace.create(call_key="a key"), await workplace.create(BLUE)
        async with workplace.context.database.connection() as connection:
            await connection.execute("UPDATE profiles SET expires_at = now() WHERE id = $1", over.profile.id)
        # Over is over, swept or not.
        assert await reason_of(workplace.care.get(over.profile.id, over.token, None)) is Reason.NOT_FOUND
        assert await reason_of(workplace.care.get_shared(over.profile.share_id, None)) is Reason.NOT_FOUND
        assert [view.profile_count for view in await workplace.care.types(Language.EN)] == [0, 1]
        assert await workplace.sweeper().sweep() == Swept(profiles=1, objects=3)
        assert (await workplace.rows(), await workplace.rows("idempotency"), len(workplace.kept())) == (
            1,
            0,
            3,
        )
        assert (await workplace.care.get(kept.profile.id, kept.token, None)).id == kept.profile.id

    async def test_a_shorter_time_holds_for_earlier_profiles_too(self, workplace: Workplace) -> None:
        created = await workplace.create()
        assert await workplace.sweeper(retention=timedelta(days=89)).sweep() == Swept(0, 0)
        async with workplace.context.database.connection() as connection:
            await connection.execute("UPDATE profiles SET created_at = created_at - interval '10 days'")
        assert await workplace.sweeper().sweep() == Swept(0, 0)
        assert await workplace.sweeper(retention=timedelta(days=10)).sweep() == Swept(1, 3)
        assert (
            await reason_of(workplace.care.get(created.profile.id, created.token, None)) is Reason.NOT_FOUND
        )

    async def test_objects_of_others_stay(self, workplace: Workplace) -> None:
        storage = workplace.context.storage
        storage.put("public/icons/other.png", b"x", "image/png")
        storage.put("noses/a/0.jpg", b"x", "image/jpeg")
        await workplace.sweeper(upload_lifetime=timedelta(0)).sweep()
        assert storage.exists("public/icons/other.png")
        assert storage.exists("noses/a/0.jpg")
        assert storage.exists(storage_key(workplace.context.showcase.gallery_urls("round")[0]))


def storage_key(url: str) -> str:
    return "public/" + url.partition("/files/")[2]


class TestKeys:
    async def test_are_changed_while_the_service_runs(self, workplace: Workplace, tmp_path: Path) -> None:
        created = await workplace.create(call_key="a key")
        keys = open_keys(workplace.context.settings, tmp_path / "data")
        old = keys.ring()
        count = await rotate(workplace.context.database, keys, drop_old=True, say=lambda _: None)
        assert count == 2  # the profile, and the answer that is kept for a repeated call
        assert not set(old[FIELDS].keys) & set(keys.ring()[FIELDS].keys)
        read = await workplace.care.get(created.profile.id, created.token, None)
        assert read.facts == created.profile.facts
        assert await workplace.create(call_key="a key") == created

    async def test_that_are_missing_keep_the_service_from_starting(
        self, workplace: Workplace, tmp_path: Path
    ) -> None:
        await workplace.create()
        open_keys(workplace.context.settings, tmp_path / "data").replace(KeyRing.new((FIELDS,)))
        with pytest.raises(ValueError, match="keys that are not there"):
            await workplace.context.see_that_it_can_work()


async def test_counts_are_of_the_catalogue_that_serves(
    workplace: Workplace, second: Workplace, catalogue: Catalogue
) -> None:
    await workplace.create(BLUE)
    await second.create(call_key="other")
    assert [view.profile_count for view in await workplace.care.types(Language.EN)] == [0, 1]
    assert [view.profile_count for view in await second.care.types(Language.EN)] == [1, 0]
    assert catalogue.label == "shapes-3"
