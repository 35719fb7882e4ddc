"""Damaged pictures: whatever a byte says, the answer is a picture or a refusal."""

import random
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from shared.errors import PawtraitError, Reason
from shared.pictures import decode_picture
from tests.unit.shared.picture_files import display_p3, orientation_exif, photo, saved, scene

MUTANTS = 300


def seeds() -> dict[str, bytes]:
    picture = photo(120, 90)
    extras = {"exif": orientation_exif(6), "icc_profile": display_p3()}
    alpha = Image.fromarray(picture).convert("RGBA")
    alpha.putalpha(Image.fromarray(picture).convert("L"))
    frames = {"save_all": True, "append_images": [Image.fromarray(scene(120, 90))], "duration": 40}
    return {
        "jpeg": saved(picture, "JPEG", **extras),
        "jpeg-progressive": saved(picture, "JPEG", progressive=True),
        "jpeg-cmyk": saved(Image.fromarray(picture).convert("CMYK"), "JPEG"),
        "jpeg-several": saved(picture, "MPO", save_all=True, append_images=[Image.fromarray(picture)]),
        "png": saved(picture, "PNG", **extras),
        "png-palette": saved(Image.fromarray(picture).quantize(32), "PNG", transparency=3),
        "png-animated": saved(picture, "PNG", **frames),
        "webp": saved(picture, "WEBP", **extras),
        "webp-lossless": saved(alpha, "WEBP", lossless=True),
        "webp-alpha": saved(alpha, "WEBP"),
        "webp-animated": saved(picture, "WEBP", **frames),
        "heic": saved(picture, "HEIF", **extras),
    }


def mutants(data: bytes, seed: int) -> Iterator[bytes]:
    """Flipped bytes, cuts, repeats, swaps and wild lengths, most of them near the beginning."""
    chance = random.Random(seed)  # noqa: S311 (repeatable, not secret)
    for _ in range(MUTANTS):
        mutant = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 5, 30))):
            at = min(int(len(mutant) * chance.random() ** chance.choice((1, 4))), len(mutant) - 5)
            kind = chance.randrange(6)
            if kind == 0:
                mutant[at] ^= 1 << chance.randrange(8)
            elif kind == 1:
                mutant[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
            elif kind == 2:
                mutant[at : at + 4] = chance.choice(
                    (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\x01")
                )
            elif kind == 3:
                del mutant[at : at + chance.randrange(1, 200)]
            elif kind == 4:
                mutant[at:at] = mutant[at : at + chance.randrange(1, 200)]
            else:
                mutant[at:at] = chance.randbytes(chance.randrange(1, 50))
            if len(mutant) < 16:
                break
        yield bytes(mutant)


@pytest.mark.parametrize("name", seeds().keys())
def test_damaged_pictures_are_pictures_or_refused(name: str) -> None:
    data = seeds()[name]
    assert decode_picture(data, max_side=64).size > 0
    refused = 0
    for number, mutant in enumerate(mutants(data, seed=20_26)):
        try:
            picture = decode_picture(mutant, max_side=64)
        except PawtraitError as error:
            assert error.reason in (Reason.NOT_AN_IMAGE, Reason.PHOTO_TOO_LARGE), number  # noqa: PT017
            refused += 1
        else:
            assert picture.dtype == np.uint8
            assert picture.ndim == 3
            assert picture.shape[2] == 3
            assert 0 < max(picture.shape[:2]) <= 64
            assert picture.flags.c_contiguous
    assert refused > MUTANTS // 10
