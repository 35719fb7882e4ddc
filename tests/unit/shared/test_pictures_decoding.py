"""Every kind of picture that a phone, a scanner or an editor writes comes out upright, in sRGB, whole."""

import io
import struct
import threading
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from shared.geometry import RgbImage
from shared.pictures import decode_picture
from shared.pictures.pixels import BACKGROUND
from tests.unit.shared.picture_files import (
    BLUE,
    GREEN,
    GREY,
    RED,
    display_p3,
    orientation_exif,
    photo,
    png_chunk,
    sample,
    saved,
    scene,
)

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")


def corners(picture: RgbImage) -> list[tuple[int, ...]]:
    """Mean colours of the four quarters' middles, by rows."""
    height, width = picture.shape[:2]
    return [
        tuple(int(value) for value in np.median(picture[y - 3 : y + 4, x - 3 : x + 4], axis=(0, 1)))
        for y in (height // 4, 3 * height // 4)
        for x in (width // 4, 3 * width // 4)
    ]


def assert_close(found: list[tuple[int, ...]], expected: list[tuple[int, ...]], within: int) -> None:
    assert np.abs(np.array(found) - np.array(expected)).max() <= within, (found, expected)


@pytest.mark.parametrize("file_format", FORMATS)
def test_each_format_gives_the_same_scene(file_format: str) -> None:
    picture = decode_picture(sample(file_format), max_side=1024)
    assert picture.shape == (64, 96, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    assert_close(corners(picture), [RED, GREEN, BLUE, GREY], within=8)


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_bytes_give_the_same_array(file_format: str) -> None:
    data = sample(file_format, (280, 200))
    first = decode_picture(data, max_side=120)
    assert all(np.array_equal(first, decode_picture(data, max_side=120)) for _ in range(3))


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    ("max_side", "shape"), [(240, (180, 240)), (97, (73, 97)), (1, (1, 1)), (2000, (300, 400))]
)
def test_scales_down_and_never_up(file_format: str, max_side: int, shape: tuple[int, int]) -> None:
    assert decode_picture(sample(file_format, (400, 300)), max_side=max_side).shape == (*shape, 3)


@pytest.mark.parametrize("max_side", [700, 500, 333, 130])
def test_scaling_keeps_what_a_careful_filter_keeps(max_side: int) -> None:
    whole = photo(1600, 1200)
    small = decode_picture(saved(whole, "PNG"), max_side=max_side)
    careful = np.asarray(
        Image.fromarray(whole).resize((small.shape[1], small.shape[0]), Image.Resampling.LANCZOS)
    )
    assert np.abs(small.astype(int) - careful.astype(int)).mean() < 2.0


@pytest.mark.parametrize("max_side", [1024, 500, 200])
def test_the_scaling_of_the_jpeg_decoder_agrees_with_full_decoding(max_side: int) -> None:
    data = saved(photo(2400, 1800), "JPEG", quality=95)
    scaled = decode_picture(data, max_side=max_side)
    full = (
        Image.open(io.BytesIO(data))
        .convert("RGB")
        .resize((scaled.shape[1], scaled.shape[0]), Image.Resampling.LANCZOS)
    )
    assert np.abs(scaled.astype(int) - np.asarray(full).astype(int)).mean() < 2.0


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_applied(file_format: str, orientation: int) -> None:
    stored = _as_stored(Image.fromarray(scene()), orientation)
    options = (
        {"quality": 95} if file_format == "JPEG" else {"lossless": True} if file_format == "WEBP" else {}
    )
    exif = orientation_exif(orientation)
    data = saved(
        stored, file_format, exif=exif if file_format != "PNG" else exif.removeprefix(b"Exif\0\0"), **options
    )
    picture = decode_picture(data, max_side=1024)
    assert picture.shape == (64, 96, 3)
    assert_close(corners(picture), [RED, GREEN, BLUE, GREY], within=8)


def _as_stored(upright: Image.Image, orientation: int) -> Image.Image:
    """What a camera that writes ``orientation`` stores; the inverse of Pillow's own table for display."""
    method = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    return upright if method is None else upright.transpose(method)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_heic_comes_out_upright_once(orientation: int) -> None:
    stored = _as_stored(Image.fromarray(scene(256, 128)), orientation)
    picture = decode_picture(saved(stored, "HEIF", exif=orientation_exif(orientation)), max_side=1024)
    assert picture.shape == (128, 256, 3)
    assert_close(corners(picture), [RED, GREEN, BLUE, GREY], within=8)


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0II*\0" + struct.pack("<IH", 8, 60000),
        b"Exif\0\0II*\0" + struct.pack("<IHHHIHH", 8, 1, 0x0112, 3, 1, 77, 0),
        b"Exif\0\0II*\0" + struct.pack("<IHHHII", 8, 1, 0x0112, 2, 9, 0xFFFFFFFF),
        b"Exif\0\0XX*\0" + b"\xff" * 200,
    ],
)
def test_broken_exif_counts_as_upright(exif: bytes) -> None:
    assert_close(
        corners(decode_picture(saved(scene(), "JPEG", exif=exif, quality=92), max_side=99)),
        [RED, GREEN, BLUE, GREY],
        8,
    )


def test_grey_bilevel_and_palette_pictures() -> None:
    image = Image.fromarray(scene())
    grey = [
        (int(value),) * 3
        for value in (np.median(np.asarray(image.convert("L").crop(box))) for box in _quarters())
    ]
    for file_format in ("PNG", "JPEG"):
        assert_close(
            corners(decode_picture(saved(image.convert("L"), file_format), max_side=99)), grey, within=2
        )
    palette = decode_picture(saved(image.quantize(16), "PNG"), max_side=99)
    assert_close(corners(palette), [RED, GREEN, BLUE, GREY], within=2)
    bilevel = decode_picture(saved(image.convert("1"), "PNG"), max_side=99)
    assert set(np.unique(bilevel)) == {0, 255}


def _quarters() -> list[tuple[int, int, int, int]]:
    return [(x, y, x + 48, y + 32) for y in (0, 32) for x in (0, 48)]


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None, :].repeat(16, axis=0)
    picture = decode_picture(saved(Image.fromarray(ramp), "PNG"), max_side=256)
    assert np.abs(picture[8, :, 0].astype(int) - np.arange(256)).max() <= 1
    assert np.array_equal(picture[..., 0], picture[..., 2])


@pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_sixteen_bit_colour_and_alpha(colour_type: int, channels: int) -> None:
    values = np.full((8, 8, channels), 0x8000, ">u2")
    if channels in (2, 4):
        values[..., -1] = 0xFFFF
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    data = (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 16, colour_type, 0, 0, 0))
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )
    assert set(np.unique(decode_picture(data, max_side=8))) <= {127, 128}


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_transparency_shows_a_neutral_background(mode: str, file_format: str) -> None:
    image = Image.fromarray(scene()).convert("RGBA")
    image.paste((255, 0, 255, 0), (0, 0, 48, 64))
    if mode == "PA":
        image = image.quantize(8)
    elif mode == "LA":
        image = image.convert("LA")
    data = saved(
        image.convert("RGBA") if file_format == "WEBP" else image,
        file_format,
        **({"lossless": True} if file_format == "WEBP" else {}),
    )
    picture = decode_picture(data, max_side=99)
    assert_close(corners(picture)[::2], [BACKGROUND, BACKGROUND], within=1)
    if mode != "LA":
        assert_close(corners(picture)[1::2], [GREEN, GREY], within=3)


def test_half_transparent_pixels_mix_with_the_background_also_when_scaled() -> None:
    image = Image.new("RGBA", (400, 400), (255, 0, 0, 128))
    picture = decode_picture(saved(image, "PNG"), max_side=100)
    expected = [round(c * 128 / 255 + b * 127 / 255) for c, b in zip((255, 0, 0), BACKGROUND, strict=True)]
    assert np.abs(picture.reshape(-1, 3).astype(int) - expected).max() <= 1


def test_one_colour_declared_transparent() -> None:
    data = saved(Image.fromarray(scene()), "PNG", transparency=RED)
    assert_close(corners(decode_picture(data, max_side=99)), [BACKGROUND, GREEN, BLUE, GREY], within=0)


def test_lossy_webp_with_alpha() -> None:
    image = Image.fromarray(scene()).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 48, 64))
    picture = decode_picture(saved(image, "WEBP", quality=90), max_side=99)
    assert_close(corners(picture), [BACKGROUND, GREEN, BACKGROUND, GREY], within=8)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_animated_pictures_give_their_first_frame(file_format: str) -> None:
    first = Image.fromarray(scene())
    rest = [Image.new("RGB", first.size, colour) for colour in ("black", "white")]
    data = saved(
        first,
        file_format,
        save_all=True,
        append_images=rest,
        duration=50,
        **({"lossless": True} if file_format == "WEBP" else {}),
    )
    assert_close(corners(decode_picture(data, max_side=99)), [RED, GREEN, BLUE, GREY], within=1)


def test_a_multi_picture_jpeg_gives_its_first_picture() -> None:
    first, second = Image.fromarray(scene()), Image.new("RGB", (96, 64), "black")
    data = saved(first, "MPO", save_all=True, append_images=[second])
    assert data.count(b"\xff\xd8\xff") >= 2
    assert_close(corners(decode_picture(data, max_side=99)), [RED, GREEN, BLUE, GREY], within=8)


def test_progressive_and_subsampled_jpegs() -> None:
    for options in (
        {"progressive": True},
        {"subsampling": 2},
        {"subsampling": 0, "optimize": True},
        {"restart_marker_blocks": 2},
    ):
        data = saved(scene(), "JPEG", quality=92, **options)
        assert_close(corners(decode_picture(data, max_side=99)), [RED, GREEN, BLUE, GREY], within=8)


def test_what_is_appended_to_a_picture_is_ignored() -> None:
    for file_format in ("JPEG", "PNG", "WEBP"):
        data = sample(file_format) + b"PK\x03\x04" + b"<script>" * 100
        assert decode_picture(data, max_side=99).shape == (64, 96, 3)


def test_cmyk_as_written_by_adobe_and_plainly() -> None:
    inks = Image.fromarray(scene()).convert("CMYK")
    adobe = saved(inks, "JPEG", quality=95)  # Pillow writes what Adobe does: inverted, with an APP14 segment
    assert b"Adobe" in adobe
    assert_close(corners(decode_picture(adobe, max_side=99)), [RED, GREEN, BLUE, GREY], within=8)
    plain = _without_adobe(saved(Image.fromarray(255 - np.asarray(inks), "CMYK"), "JPEG", quality=95))
    assert b"Adobe" not in plain
    assert_close(corners(decode_picture(plain, max_side=99)), [RED, GREEN, BLUE, GREY], within=8)


def test_ycck() -> None:
    # What Adobe stores: luma and chroma of the inks C, M and Y, and K inverted; its segment says so by 2.
    # Pillow inverts all four channels when it writes.
    inks = np.asarray(Image.fromarray(scene()).convert("CMYK"))
    luma = np.asarray(Image.fromarray(inks[..., :3]).convert("YCbCr"))
    stored = np.dstack([255 - luma, inks[..., 3]])
    data = saved(Image.fromarray(stored, "CMYK"), "JPEG", quality=95)
    at = data.index(b"Adobe")
    data = data[: at + 11] + b"\x02" + data[at + 12 :]
    assert_close(corners(decode_picture(data, max_side=99)), [RED, GREEN, BLUE, GREY], within=12)


def _without_adobe(data: bytes) -> bytes:
    at = data.index(b"Adobe") - 4
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


@pytest.mark.parametrize("file_format", FORMATS)
def test_wide_gamut_photos_are_converted(file_format: str) -> None:
    profile = display_p3()
    expected = ImageCms.profileToProfile(
        Image.fromarray(scene()),
        io.BytesIO(profile),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    data = saved(
        scene(), file_format, icc_profile=profile, **({"lossless": True} if file_format == "WEBP" else {})
    )
    picture = decode_picture(data, max_side=99)
    assert_close(corners(picture), corners(np.asarray(expected)), within=9)
    assert corners(picture)[1][0] < GREEN[0] - 15  # more saturated than the numbers say
    assert_close(corners(picture)[3:], [GREY], within=3)


def test_a_profile_of_srgb_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(decode_picture(saved(scene(), "PNG", icc_profile=profile), max_side=99), scene())


@pytest.mark.parametrize(
    "profile", [b"\0" * 200, b"junk", display_p3()[:300], display_p3()[:128] + b"\xff" * 400]
)
def test_broken_profiles_are_ignored(profile: bytes) -> None:
    assert np.array_equal(decode_picture(saved(scene(), "PNG", icc_profile=profile), max_side=99), scene())


def test_a_profile_for_other_channels_is_ignored() -> None:
    grey = Image.fromarray(scene()).convert("L")
    picture = decode_picture(saved(grey, "PNG", icc_profile=display_p3()), max_side=99)
    assert np.array_equal(picture[..., 1], np.asarray(grey))


def test_a_long_profile_is_put_together_from_its_parts() -> None:
    profile = display_p3()
    padded = profile + b"\0" * (150_000 - len(profile))
    padded = struct.pack(">I", len(padded)) + padded[4:]
    with_profile = decode_picture(saved(scene(), "JPEG", icc_profile=padded, quality=95), max_side=99)
    assert corners(with_profile)[1][0] < GREEN[0] - 15


def test_extreme_shapes_decode() -> None:
    assert decode_picture(saved(Image.new("RGB", (1, 1), RED), "PNG"), max_side=1024).tolist() == [
        [list(RED)]
    ]
    assert decode_picture(saved(Image.new("L", (60_000, 1), 77), "PNG"), max_side=1024).shape == (1, 1024, 3)
    assert decode_picture(saved(Image.new("RGB", (3, 40_000), RED), "JPEG"), max_side=1024).shape == (
        1024,
        1,
        3,
    )
    assert decode_picture(saved(Image.new("RGB", (16_383, 2), RED), "WEBP"), max_side=100).shape == (
        1,
        100,
        3,
    )


def test_bytes_like_input_is_taken() -> None:
    assert np.array_equal(
        decode_picture(memoryview(sample("PNG")).tobytes(), max_side=99),
        decode_picture(bytearray(sample("PNG")), max_side=99),
    )


def test_many_threads_get_what_one_gets() -> None:
    files = [sample(file_format, (280, 200)) for file_format in FORMATS] + [
        saved(scene(), "JPEG", icc_profile=display_p3())
    ]
    alone = [decode_picture(data, max_side=120) for data in files]
    wrong: list[int] = []

    def work(start: int) -> None:
        for step in range(10):
            index = (start + step) % len(files)
            if not np.array_equal(decode_picture(files[index], max_side=120), alone[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
