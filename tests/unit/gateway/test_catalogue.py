import re

import pytest
import yaml

from gateway.catalogue import LANGUAGES, catalogue, for_accept_language
from shared.errors import Reason


def _leaves(node: object, path: str = "") -> dict[str, str]:
    if isinstance(node, dict):
        return {
            key: text
            for name, child in node.items()
            for key, text in _leaves(child, f"{path}.{name}").items()
        }
    assert isinstance(node, str), path
    return {path: node}


def test_every_language_has_every_text_with_the_same_places_to_fill_in():
    english = _leaves(dict(catalogue("en").texts))
    for language in LANGUAGES:
        other = _leaves(dict(catalogue(language).texts))
        assert other.keys() == english.keys()
        for key, text in other.items():
            assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key])), key


def test_no_korean_text_was_left_in_english():
    for key, text in _leaves(dict(catalogue("ko").texts)).items():
        assert re.search("[가-힣]", text), key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_title_and_a_detail(language: str, reason: Reason):
    texts = catalogue(language)
    assert texts.title(reason.value)
    assert "{" not in texts.detail(reason.value, {"service": "icon"})


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-GB,ko;q=0.5", "en"),
        ("fr-FR,fr;q=0.9", "en"),
        ("fr, ko;q=0.3, en;q=0.2", "ko"),
        ("KO", "ko"),
        ("*", "en"),
        ("ko;q=0, en", "en"),
    ],
)
def test_language_follows_the_header(header: str, language: str):
    assert for_accept_language(header).language == language


def test_a_caller_cannot_reach_into_the_templates():
    text = catalogue("en").detail("NOT_FOUND", {"layer": "{service.__class__}"})
    assert text == 'There is no layer named "{service.__class__}".'


def test_missing_values_leave_a_mark_instead_of_failing():
    assert "…" in catalogue("en").detail("SERVICE_UNAVAILABLE", {})


def test_the_files_are_plain_yaml_without_duplicate_keys():
    for language in LANGUAGES:
        source = (catalogue.__wrapped__.__globals__["_FOLDER"] / f"{language}.yaml").read_text(
            encoding="utf-8"
        )
        keys = re.findall(r"^  (\w+):", source, flags=re.MULTILINE)
        assert len(keys) == len(set(keys))
        assert yaml.safe_load(source)
