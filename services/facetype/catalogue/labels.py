"""Which types a part of a face can tell apart, derived from the attributes that it shows."""

from collections.abc import Collection, Mapping, Sequence

JOINT = "_or_"
"""Between the types of a label that stands for several."""


def told_apart(
    one: Mapping[str, Collection[str]], other: Mapping[str, Collection[str]], shown: Collection[str]
) -> bool:
    """Whether an attribute among ``shown`` never has the same value in both types."""
    return any(name in one and name in other and not set(one[name]) & set(other[name]) for name in shown)


def labels_of(
    types: Mapping[str, Mapping[str, Collection[str]]], shown: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The classes of types that a part showing ``shown`` can tell apart.

    Two types that nothing shown tells apart share a class, and so do all that are linked by such pairs.

    Args:
        types: type → attribute → values it may have.
        shown: attributes that the part shows.

    Returns:
        Label → its types, both in the order of ``types``. A class of one is named like its type, a larger
        one by its types joined with ``_or_``.
    """
    classes: list[list[str]] = []
    for name, attributes in types.items():
        linked = [
            group
            for group in classes
            if any(not told_apart(attributes, types[mate], shown) for mate in group)
        ]
        classes = [group for group in classes if group not in linked]
        classes.append([mate for group in linked for mate in group] + [name])
    order = {name: place for place, name in enumerate(types)}
    ordered = sorted((sorted(group, key=order.__getitem__) for group in classes), key=lambda g: order[g[0]])
    return {joined(group): tuple(group) for group in ordered}


def joined(types: Sequence[str]) -> str:
    """The label of a class of types."""
    return JOINT.join(types)


def label_of(labels: Mapping[str, Sequence[str]], name: str) -> str:
    """The label under which a type, or a label itself, is filed.

    Raises:
        KeyError: ``name`` is neither.
    """
    if name in labels:
        return name
    for label, types in labels.items():
        if name in types:
            return label
    raise KeyError(name)
