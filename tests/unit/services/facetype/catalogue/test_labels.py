from services.facetype.catalogue.labels import labels_of, told_apart

TYPES = {
    "a": {"size": ["small"], "ears": ["up"]},
    "b": {"size": ["small"], "ears": ["down"]},
    "c": {"size": ["small", "large"]},
    "d": {"size": ["huge"]},
}


def test_types_are_told_apart_by_values_that_exclude_each_other() -> None:
    assert told_apart(TYPES["a"], TYPES["b"], ["size", "ears"])
    assert not told_apart(TYPES["a"], TYPES["b"], ["size"])
    assert not told_apart(TYPES["a"], TYPES["c"], ["size", "ears"])
    assert told_apart(TYPES["c"], TYPES["d"], ["size"])


def test_types_linked_by_one_that_may_be_either_share_a_label() -> None:
    # a and b differ, but c may be either of them.
    assert labels_of(TYPES, ["size", "ears"]) == {"a_or_b_or_c": ("a", "b", "c"), "d": ("d",)}


def test_a_part_that_shows_nothing_tells_nothing() -> None:
    assert labels_of(TYPES, []) == {"a_or_b_or_c_or_d": ("a", "b", "c", "d")}
