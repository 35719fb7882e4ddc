"""Every call of the API is either open on purpose or needs a scope that was chosen for it."""

import pytest

from gateway.app import create_app
from gateway.compat import dogs as compat_dogs
from gateway.compat import results as compat_results
from gateway.compat import routes as compat
from gateway.keys.required import _TABLE, needed_scope
from gateway.keys.scopes import Scope


def described_calls() -> list[tuple[str, str]]:
    paths = create_app().openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


@pytest.mark.parametrize(("method", "path"), described_calls())
def test_every_described_call_is_listed(method: str, path: str) -> None:
    if path.startswith("/files/"):
        assert needed_scope(method, "/files/icons/x.png") is None
        return
    listed = "/".join("*" if "{" in part else part for part in path.split("/"))
    assert (method, listed) in _TABLE, "say in gateway/keys/required.py who may make this call"


def test_the_older_calls_are_listed() -> None:
    for path in (*compat.PHOTO_PATHS, *compat_results.TEXT_PHOTO_PATHS):
        assert needed_scope("POST", path) is Scope.ICONS
    assert {needed_scope("POST", path) for path in compat_dogs.PHOTO_PATHS} == {Scope.LOOKUP}
    assert {needed_scope("POST", path) for path in compat_dogs.FIVE_PHOTOS_PATHS} == {Scope.REGISTER}


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/", None),
        ("HEAD", "/healthz", None),
        ("GET", "/files/icons/classic-v1/ab.png", None),
        ("POST", "/files/icons/classic-v1/ab.png", Scope.ADMIN),
        ("GET", "/v1/icons/classic-v1.png", None),
        ("OPTIONS", "/v1/dogs", None),
        ("POST", "/v1/dogs/lookup", Scope.LOOKUP),
        ("GET", "/v1/dogs/3f", Scope.OWNER),
        ("HEAD", "/v1/dogs/3f", Scope.OWNER),
        ("GET", "/v1/dogs", Scope.ADMIN),
        ("GET", "/v1/lookups/3f/evidence.png", Scope.LOOKUP),
        ("GET", "/no-such-call", Scope.ADMIN),
        ("GET", "/v1/dogs/", Scope.OWNER),
        ("GET", "//", Scope.ADMIN),
        ("BREW", "/v1/traits", Scope.ADMIN),
    ],
)
def test_calls_and_their_scopes(method: str, path: str, scope: Scope | None) -> None:
    assert needed_scope(method, path) is scope
