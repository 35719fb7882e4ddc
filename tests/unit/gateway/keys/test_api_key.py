"""Keys: what is shown, what is kept, for how long they hold."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.keys.api_key import from_plain, new_key, rotated, take_apart, to_plain
from gateway.keys.scopes import Scope, parse_scopes

NOW = datetime.now(UTC)
ICONS = frozenset({Scope.ICONS})


def secret_of(shown: str) -> str:
    parts = take_apart(shown)
    assert parts is not None
    return parts[1]


def test_only_what_was_shown_is_accepted() -> None:
    key, shown = new_key("app", ICONS)
    other = new_key("other", ICONS)[1]
    assert key.accepts(secret_of(shown), NOW)
    assert not key.accepts(secret_of(other), NOW)
    assert not key.accepts("", NOW)


def test_nothing_that_could_be_shown_is_kept() -> None:
    key, shown = new_key("app", ICONS)
    assert secret_of(shown) not in str(to_plain(key))
    assert from_plain(to_plain(key)) == key


def test_a_key_ends_with_its_time() -> None:
    key, shown = new_key("app", ICONS, timedelta(days=2))
    assert key.accepts(secret_of(shown), NOW + timedelta(days=1))
    assert not key.accepts(secret_of(shown), NOW + timedelta(days=3))
    assert from_plain(to_plain(key)) == key


def test_after_a_rotation_both_hold_for_a_while_and_then_only_the_new_one() -> None:
    key, old = new_key("app", ICONS)
    turned, new = rotated(key, timedelta(hours=1))
    assert (turned.id, take_apart(new)) == (key.id, (key.id, secret_of(new)))
    for moment, both in ((NOW, True), (NOW + timedelta(hours=2), False)):
        assert turned.accepts(secret_of(new), moment)
        assert turned.accepts(secret_of(old), moment) == both
    again, newest = rotated(turned, timedelta(hours=1))
    assert not again.accepts(secret_of(old), NOW)  # the one before the last is gone at once
    assert again.accepts(secret_of(newest), NOW)


def test_a_rotation_does_not_lengthen_a_keys_life() -> None:
    key, _ = new_key("app", ICONS, timedelta(days=1))
    turned, new = rotated(key, timedelta(hours=1))
    assert not turned.accepts(secret_of(new), NOW + timedelta(days=2))


def test_an_administrators_key_is_for_everything() -> None:
    key = new_key("ops", frozenset({Scope.ADMIN}))[0]
    assert all(key.may(scope) for scope in Scope)
    assert [scope for scope in Scope if new_key("app", ICONS)[0].may(scope)] == [Scope.ICONS]


@pytest.mark.parametrize("shown", ["", "pawtrait", "pawtrait_0123456789ab_short", "x" * 500, "pawtrait__"])
def test_what_has_not_the_form_of_a_key_is_none(shown: str) -> None:
    assert take_apart(shown) is None


def test_scopes_are_read_and_others_named() -> None:
    assert parse_scopes(["icons", " lookup "]) == {Scope.ICONS, Scope.LOOKUP}
    with pytest.raises(ValueError, match=r"'everything'.*icons, register, lookup, owner, admin"):
        parse_scopes(["everything"])


@pytest.mark.parametrize(("name", "scopes"), [("", ICONS), ("  ", ICONS), ("app", frozenset())])
def test_a_key_has_a_name_and_a_scope(name: str, scopes: frozenset[Scope]) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        new_key(name, scopes)
