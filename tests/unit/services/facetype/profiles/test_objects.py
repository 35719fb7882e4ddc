"""Where photos and cards lie."""

import uuid

import pytest

from services.facetype.profiles import objects
from shared.object_storage import PUBLIC_PREFIX
from shared.object_storage.keys import is_key

SHARE = uuid.UUID("00000000-0000-4000-8000-00000000000a")


def test_the_photo_is_private_and_the_cards_are_public() -> None:
    photo, *cards = objects.keys_of(SHARE)
    assert not photo.startswith(PUBLIC_PREFIX)
    assert all(card.startswith(PUBLIC_PREFIX) for card in cards)
    assert all(is_key(key) for key in (photo, *cards))
    assert len({photo, *cards}) == 3


def test_every_key_is_found_below_a_prefix_that_is_swept() -> None:
    for key in objects.keys_of(SHARE):
        assert key.startswith(objects.PREFIXES)
        assert objects.upload_of(key) == SHARE


@pytest.mark.parametrize(
    "key", ["public/icons/a.png", "faces/not-a-uuid/photo.jpg", "faces/", "noses/x/0.jpg"]
)
def test_other_keys_are_nobodys_business(key: str) -> None:
    assert objects.upload_of(key) is None
