import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.facetype.card.fonts import HEAVY, MEDIUM, font
from services.facetype.card.text import fit, measured

LETTERS = st.sampled_from("abcdefgh WXYZ 가나다라 마바사 쫑긋꿍 1234 -.!")


def test_a_short_text_keeps_the_largest_size_and_one_row():
    fitted = fit("쫑긋 귀", HEAVY, width=800, sizes=(100, 40), rows=2)
    assert fitted.rows == ("쫑긋 귀",)
    assert fitted.size == 100


def test_a_longer_text_gets_smaller_before_it_gets_a_second_row():
    text = "길고 곧은 주둥이에 깊은 집중력을 담은 얼굴"
    width = round(measured(text, MEDIUM, 40) * 0.9)
    fitted = fit(text, MEDIUM, width=width, sizes=(40, 20), rows=2)
    assert len(fitted.rows) == 1
    assert fitted.size < 40


def test_rows_break_at_spaces_and_are_about_equally_wide():
    text = "하나 둘셋 넷다섯 여섯 일곱여덟 아홉 열하나 열둘 열셋넷"
    width = round(measured(text, MEDIUM, 40) * 0.6)
    fitted = fit(text, MEDIUM, width=width, sizes=(40, 40), rows=2)
    assert " ".join(fitted.rows) == text
    widths = [measured(row, MEDIUM, 40) for row in fitted.rows]
    assert max(widths) <= width
    assert min(widths) > 0.7 * max(widths)


def test_a_word_wider_than_the_box_gets_smaller_before_it_is_broken():
    word = "가나다라마바사아자차카타파하"
    fitted = fit(word, HEAVY, width=round(measured(word, HEAVY, 60)), sizes=(100, 40), rows=2)
    assert fitted.rows == (word,)
    assert 54 <= fitted.size <= 60


def test_what_fits_at_no_size_ends_in_an_ellipsis():
    text = "한없이 긴 이름 " * 12
    fitted = fit(text, HEAVY, width=400, sizes=(60, 40), rows=2)
    assert len(fitted.rows) == 2
    assert fitted.rows[-1].endswith("…")
    assert fitted.rows[0] in text


@settings(max_examples=60, deadline=None)
@given(st.text(LETTERS, max_size=160), st.integers(120, 900), st.integers(1, 3))
def test_no_text_is_wider_than_its_box_or_has_too_many_rows(text, width, rows):
    fitted = fit(text, HEAVY, width=width, sizes=(90, 24), rows=rows)
    assert len(fitted.rows) <= rows
    assert 24 <= fitted.size <= 90
    assert all(measured(row, HEAVY, fitted.size) <= width for row in fitted.rows)
    if not any("…" in row for row in fitted.rows):
        assert "".join(fitted.rows).replace(" ", "") == "".join(text.split())


@pytest.mark.parametrize("file", [HEAVY, MEDIUM])
def test_the_fonts_know_every_hangul_syllable_and_western_letter(file):
    unknown = bytes(font(file, 16).getmask("\ufffe"))
    assert any(unknown)
    syllables = map(chr, range(0xAC00, 0xD7A4))
    letters = "AZaz09ÄÖÜßéñçŁž“”‘’…·–"
    assert [
        letter for letter in (*syllables, *letters) if bytes(font(file, 16).getmask(letter)) == unknown
    ] == []


def test_decomposed_korean_is_set_like_composed():
    """Jamo typed one by one (NFD), as file names on some systems come, must shape into syllables."""
    import unicodedata

    text = "쫑긋 귀"
    apart = unicodedata.normalize("NFD", text)
    assert apart != text
    assert measured(apart, HEAVY, 60) == pytest.approx(measured(text, HEAVY, 60))
