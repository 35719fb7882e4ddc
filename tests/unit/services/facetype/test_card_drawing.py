"""Which picture a card shows, and what callers may send as an icon."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from services.facetype.card_drawing import (
    MOST_ICON_SIDE,
    decode_icon,
    draw_cards,
    face_of,
    plain_disc,
    read_gallery_picture,
)
from services.facetype.catalogue import Language, load_catalogue
from services.facetype.face import FaceAnalysis, Outcome, Part, PartVote
from services.facetype.showcase import Published
from shared.errors import PawtraitError, Reason
from shared.geometry import Box
from tests.facetype_system import png, write_catalogue


class TestIcon:
    def test_keeps_its_transparency(self) -> None:
        icon = decode_icon(png(10, 20, 30, alpha=128))
        assert icon.shape == (64, 64, 4)
        assert icon[5, 5].tolist() == [10, 20, 30, 128]

    def test_without_transparency_is_opaque(self) -> None:
        assert decode_icon(png(10, 20, 30))[..., 3].min() == 255

    @pytest.mark.parametrize("data", [b"", b"GIF89a", png(1, 2, 3)[:60], b"\x89PNG\r\n\x1a\n" + bytes(100)])
    def test_that_is_none_is_refused(self, data: bytes) -> None:
        with pytest.raises(PawtraitError) as caught:
            decode_icon(data)
        assert caught.value.reason is Reason.NOT_AN_IMAGE

    def test_a_jpeg_is_none(self) -> None:
        file = io.BytesIO()
        Image.new("RGB", (8, 8)).save(file, "JPEG")
        with pytest.raises(PawtraitError):
            decode_icon(file.getvalue())

    def test_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(self) -> None:
        def chunk(kind: bytes, body: bytes) -> bytes:
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

        header = struct.pack(">IIBBBBB", MOST_ICON_SIDE + 1, MOST_ICON_SIDE, 8, 6, 0, 0, 0)
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
        with pytest.raises(PawtraitError) as caught:
            decode_icon(bomb)
        assert caught.value.reason is Reason.PHOTO_TOO_LARGE


def analysed(box: Box) -> FaceAnalysis:
    return FaceAnalysis(Outcome.OK, "round", {"round": 1.0}, (PartVote(Part.WHOLE, box, "round", 1.0),))


class TestFace:
    def test_is_a_square_around_the_middle_of_the_face(self) -> None:
        image = np.zeros((400, 600, 3), np.uint8)
        image[150:250, 400:500] = 255
        face = face_of(image, analysed(Box(400 / 600, 150 / 400, 500 / 600, 250 / 400)))
        assert face.shape == (130, 130, 3)
        assert face[15:115, 15:115].min() == 255
        assert face[:14].max() == 0

    @pytest.mark.parametrize("box", [Box(0, 0, 1, 1), Box(0, 0, 0.1, 0.1), Box(0.9, 0.9, 1, 1)])
    def test_stays_within_the_photo(self, box: Box) -> None:
        face = face_of(np.zeros((300, 500, 3), np.uint8), analysed(box))
        assert face.shape[0] == face.shape[1] <= 300
        assert face.flags.c_contiguous

    def test_without_a_box_is_the_middle(self) -> None:
        assert face_of(np.zeros((300, 500, 3), np.uint8), FaceAnalysis(Outcome.OK)).shape == (300, 300, 3)


@pytest.mark.parametrize("language", list(Language))
def test_both_cards_have_their_size(tmp_path: object, language: Language) -> None:
    catalogue = load_catalogue(write_catalogue(tmp_path / "shapes"))  # type: ignore[operator]
    cards = draw_cards(plain_disc(), catalogue.type("round"), language, "pawtrait.example")
    sizes = [
        cv2.imdecode(np.frombuffer(card, np.uint8), cv2.IMREAD_COLOR).shape[1::-1]
        for card in (cards.portrait, cards.landscape)
    ]
    assert sizes == [(1080, 1350), (1200, 630)]


def test_pictures_of_the_catalogue_are_read_with_their_transparency(tmp_path: object) -> None:
    path = tmp_path / "a.png"  # type: ignore[operator]
    path.write_bytes(png(9, 8, 7, alpha=0))
    assert read_gallery_picture(Published(path, "public/a.png"))[0, 0].tolist() == [9, 8, 7, 0]
