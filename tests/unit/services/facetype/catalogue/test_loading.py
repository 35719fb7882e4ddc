from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from services.facetype.catalogue import CatalogueError, load_catalogue
from services.facetype.face import Part
from tests.unit.services.facetype.catalogue.catalogues import SHAPES, written


def test_reads_types_in_their_order(tmp_path: Path) -> None:
    catalogue = load_catalogue(written(tmp_path))
    assert catalogue.label == "shapes-1"
    assert catalogue.type_ids == ("round_smile", "square_smile", "frown")
    assert not catalogue.needs_consent


def test_people_must_consent(tmp_path: Path) -> None:
    assert load_catalogue(written(tmp_path, subject="people")).needs_consent


def test_parts_name_only_what_they_can_tell(tmp_path: Path) -> None:
    catalogue = load_catalogue(written(tmp_path))
    assert list(catalogue.labels(Part.WHOLE)) == ["round_smile", "square_smile", "frown"]
    # A frown may be round or square: who sees the outline alone cannot tell anything from anything.
    assert catalogue.labels(Part.T_ZONE) == {
        "round_smile_or_square_smile_or_frown": ("round_smile", "square_smile", "frown")
    }
    assert catalogue.labels(Part.LOWER) == {
        "round_smile_or_square_smile": ("round_smile", "square_smile"),
        "frown": ("frown",),
    }
    assert catalogue.label_of(Part.LOWER, "square_smile") == "round_smile_or_square_smile"
    assert catalogue.label_of(Part.LOWER, "frown") == "frown"
    with pytest.raises(KeyError):
        catalogue.label_of(Part.LOWER, "grin")


def test_attributes_make_a_type(tmp_path: Path) -> None:
    catalogue = load_catalogue(written(tmp_path))
    assert catalogue.type_of({"outline": "round", "mouth": "frown"}) == "frown"
    with pytest.raises(ValueError, match="no type"):
        catalogue.type_of({"outline": "round"})


def test_gallery_lists_pictures_only(tmp_path: Path) -> None:
    folder = written(tmp_path)
    pictures = folder / "gallery" / "frown"
    pictures.mkdir(parents=True)
    for name in ("b.png", "a.jpg", "notes.txt"):
        (pictures / name).write_bytes(b"")
    catalogue = load_catalogue(folder)
    assert [path.name for path in catalogue.gallery("frown")] == ["a.jpg", "b.png"]
    assert catalogue.gallery("round_smile") == []
    with pytest.raises(KeyError):
        catalogue.gallery("../frown")


def _type(index: int, **changes: Any) -> dict[str, Any]:
    types = deepcopy(SHAPES["types"])
    types[index].update(changes)
    return {"types": types}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": "No Words"}, "subject"),
        ({"colour": "red"}, "colour"),
        ({"parts": {"whole": ["outline", "mouth"], "lower": ["mouth"]}}, "parts.t_zone"),
        ({"parts": {**SHAPES["parts"], "lower": ["chin"]}}, "parts.lower: unknown attribute chin"),
        ({"parts": {**SHAPES["parts"], "ear": ["mouth"]}}, "parts.ear"),
        (_type(1, id="frown"), "types.frown: there are two types"),
        (_type(1, attributes={"mouth": ["grin"]}), "types.square_smile.attributes.mouth: unknown value grin"),
        (_type(1, attributes={"chin": ["long"]}), "types.square_smile.attributes: unknown attribute chin"),
        (_type(1, attributes={"mouth": ["smile"]}), "does not tell apart round_smile_or_square_smile"),
        (_type(2, name={"en": "Frown"}), "types.frown.name.ko"),
        (_type(0, id="Round Smile"), "types.Round Smile.id"),
        ({"types": []}, "types"),
    ],
)
def test_an_error_names_file_and_field(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    folder = written(tmp_path, **changes)
    with pytest.raises(CatalogueError) as error:
        load_catalogue(folder)
    assert str(folder / "catalogue.yaml") in str(error.value)
    assert field in str(error.value)


@pytest.mark.parametrize("text", ["types: [", "- a\n- b\n", "just words", "\x00"])
def test_what_is_no_catalogue_is_said_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "catalogue.yaml").write_text(text)
    with pytest.raises(CatalogueError, match=r"catalogue\.yaml"):
        load_catalogue(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"catalogue\.yaml: cannot be read"):
        load_catalogue(tmp_path)
