"""Manifests are built once a variant."""

from collections.abc import Callable

import pytest

from tests.unit.deployment.manifests import VARIANTS, Manifest, Variant, build, kustomize

Built = Callable[[Variant], list[Manifest]]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Gives everything that an overlay with some optional components applies; leave it as it is."""
    if kustomize() is None:
        pytest.skip("neither kustomize nor kubectl is installed")
    known: dict[Variant, list[Manifest]] = {}

    def get(variant: Variant) -> list[Manifest]:
        if variant not in known:
            known[variant] = build(variant, tmp_path_factory.mktemp("-".join(variant)) / "k8s")
        return known[variant]

    return get


@pytest.fixture(params=VARIANTS, ids="+".join)
def manifests(request: pytest.FixtureRequest, built: Built) -> list[Manifest]:
    """Everything that an overlay applies, with and without optional components."""
    return built(request.param)
