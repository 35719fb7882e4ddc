"""Files, sizes and errors of the composer."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from services.icon.composer import FORMATS, IconComposer
from services.icon.packs.loading import built_in_pack
from services.icon.spec import IconSpec
from shared.errors import PawtraitError, Reason
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern
from tests.unit.services.icon.helpers import COMPOSER, opened, pixels, spec


class TestFiles:
    @pytest.mark.parametrize("size", [32, 33, 64, 100, 512, 777, 1024])
    @pytest.mark.parametrize("format_", ["png", "webp"])
    def test_size(self, size: int, format_: str) -> None:
        picture = opened(COMPOSER.render(spec(), format_, size))
        assert (picture.format, picture.size) == (format_.upper(), (size, size))
        assert picture.convert("RGBA").getpixel((0, 0))[3] == 0
        assert picture.convert("RGBA").getpixel((size // 2, size // 2))[3] == 255

    def test_svg_carries_the_size(self) -> None:
        svg = COMPOSER.render(spec(), "svg", 96).decode()
        assert 'viewBox="0 0 512 512" width="96" height="96">' in svg[:120]

    def test_webp_and_png_show_the_same(self) -> None:
        first = np.asarray(opened(COMPOSER.render(spec(), "webp", 256)).convert("RGBA"))
        visible = first[..., 3] > 0
        assert np.array_equal(first[visible], pixels(spec(), 256)[visible])

    @pytest.mark.parametrize("size", [64, 512])
    def test_small_and_large_show_the_same(self, size: int) -> None:
        """Sizes are drawn anew, not scaled, and still agree."""
        large = opened(COMPOSER.render(spec(), "png", 1024)).convert("RGBA").resize((size, size))
        assert np.abs(np.asarray(large).astype(int) - pixels(spec(), size)).mean() < 4


class TestSameBytes:
    @pytest.mark.parametrize("format_", FORMATS)
    def test_twice(self, format_: str) -> None:
        assert COMPOSER.render(spec(), format_, 200) == COMPOSER.render(spec(), format_, 200)

    @pytest.mark.parametrize("format_", FORMATS)
    def test_for_specs_that_look_alike(self, format_: str) -> None:
        first = spec(pattern=Pattern.BLAZE, primary=Colour.RED, secondary=Colour.RED)
        second = spec(pattern=Pattern.NONE, primary=Colour.RED, secondary=Colour.GRAY)
        assert COMPOSER.render(first, format_, 64) == COMPOSER.render(second, format_, 64)

    def test_in_another_process(self) -> None:
        code = (
            "import hashlib; from tests.unit.services.icon.helpers import COMPOSER, spec;"
            "print(*(hashlib.sha256(COMPOSER.render(spec(), f, 128)).hexdigest()"
            " for f in ('svg', 'png', 'webp')))"
        )
        there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        here = [hashlib.sha256(COMPOSER.render(spec(), f, 128)).hexdigest() for f in ("svg", "png", "webp")]
        assert there.stdout.split() == here

    def test_from_many_threads(self) -> None:
        specs = [spec(ear, fur, head=head) for ear in Ear for fur in Fur for head in HeadShape]
        alone = [COMPOSER.render(icon, "png", 96) for icon in specs]
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda icon: COMPOSER.render(icon, "png", 96), specs * 3))
        assert together == alone * 3


class TestErrors:
    @pytest.mark.parametrize("size", [-1, 0, 31, 1025, 10**9])
    def test_size_out_of_range(self, size: int) -> None:
        with pytest.raises(PawtraitError, match="32 and 1024") as error:
            COMPOSER.render(spec(), "png", size)
        assert (error.value.reason, error.value.metadata["field"]) == (Reason.INVALID_FIELD, "size")

    def test_unknown_style(self) -> None:
        icon = IconSpec(Ear.UP, Fur.SHORT, Pattern.NONE, Colour.TAN, Colour.TAN, style="classic-v9")
        with pytest.raises(PawtraitError, match="classic-v1") as error:
            COMPOSER.render(icon, "png", 64)
        assert (error.value.reason, error.value.metadata["field"]) == (Reason.INVALID_FIELD, "style")

    def test_unknown_format(self) -> None:
        with pytest.raises(PawtraitError, match="format"):
            COMPOSER.render(spec(), "gif", 64)  # type: ignore[arg-type]

    def test_two_packs_of_one_style(self) -> None:
        with pytest.raises(ValueError, match="classic-v1"):
            IconComposer([built_in_pack(), built_in_pack()])


class TestSpec:
    def test_key_is_stable(self) -> None:
        icon = spec(Ear.DOWN, Fur.LONG, Pattern.BLAZE, Colour.BLACK, Colour.WHITE, HeadShape.LONG, beard=True)
        assert icon.key() == "classic-v1/long/down/long/blaze/black/white/beard"

    def test_canonical(self) -> None:
        assert spec(pattern=Pattern.NONE, secondary=Colour.BLACK).canonical().secondary is Colour.TAN
        same = spec(pattern=Pattern.POINTS, primary=Colour.RED, secondary=Colour.RED)
        assert same.canonical().pattern is Pattern.NONE
        kept = spec(pattern=Pattern.POINTS, primary=Colour.RED, secondary=Colour.TAN)
        assert kept.canonical() == kept

    def test_catalogue_offers_the_vocabulary(self) -> None:
        (style,) = COMPOSER.parts().styles
        assert set(style.colours) == set(Colour)
        assert (style.ears, style.furs, style.heads) == (tuple(Ear), tuple(Fur), tuple(HeadShape))
        assert (style.patterns, style.beard, style.style) == (tuple(Pattern), True, "classic-v1")
