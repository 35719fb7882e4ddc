"""The sheet of all cards."""

from pathlib import Path

import numpy as np

from services.facetype.card_sheet import LYING, UPRIGHT, draw_sheet
from services.facetype.catalogue import Catalogue, load_catalogue
from tests.facetype_system import write_catalogue


def upright(catalogue: Catalogue, row: int) -> np.ndarray:
    """The first upright card of a row."""
    top = 12 + row * (UPRIGHT[1] + 12)
    return np.asarray(draw_sheet(catalogue))[top : top + UPRIGHT[1], 12 : 12 + UPRIGHT[0]]


def test_every_type_has_a_row_and_every_language_a_pair_of_cards(tmp_path: Path) -> None:
    sheet = draw_sheet(load_catalogue(write_catalogue(tmp_path / "shapes")))
    assert sheet.width == 2 * (UPRIGHT[0] + LYING[0] + 24) + 12
    assert sheet.height == 2 * (UPRIGHT[1] + 12) + 12


def test_types_have_cards_of_their_own(tmp_path: Path) -> None:
    catalogue = load_catalogue(write_catalogue(tmp_path / "shapes"))
    assert (upright(catalogue, 0) != upright(catalogue, 1)).any()


def test_a_catalogue_without_pictures_has_cards_all_the_same(tmp_path: Path) -> None:
    catalogue = load_catalogue(write_catalogue(tmp_path / "shapes", pictures=0))
    card = upright(catalogue, 0)
    assert card.std() > 10
