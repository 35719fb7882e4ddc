import pytest

from gateway.accept import image_type_wanted, ranked


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", []),
        ("ko", ["ko"]),
        ("en;q=0.5, ko", ["ko", "en"]),
        ("en;q=0, ko;q=0.1", ["ko"]),
        ("fr;q=nonsense, ko;q=0.2", ["ko"]),
        ("a;q=0.3,b;q=0.3", ["a", "b"]),
        (";q=1,,", []),
        ("ko;q=7", ["ko"]),
    ],
)
def test_ranked_orders_by_quality_and_drops_what_is_refused(header: str, expected: list[str]):
    assert ranked(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("*/*", None),
        ("application/json", None),
        ("image/*", "image/*"),
        ("image/webp", "image/webp"),
        ("image/svg+xml, application/json;q=0.9", "image/svg+xml"),
        ("application/json, image/png;q=0.9", None),
        ("text/html, image/png;q=0.5", "image/png"),
        ("image/avif, image/png", "image/png"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", None),
        ("image/tiff", None),
    ],
)
def test_image_type_wanted(header: str, expected: str | None):
    assert image_type_wanted(header) == expected
