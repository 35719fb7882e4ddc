"""Manifests are built once an overlay."""

import pytest

from tests.unit.deployment.manifests import OVERLAYS, Manifest, build, kustomize

_BUILT: dict[str, list[Manifest]] = {}


@pytest.fixture(params=OVERLAYS)
def manifests(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    """Everything that an overlay applies."""
    if kustomize() is None:
        pytest.skip("neither kustomize nor kubectl is installed")
    overlay: str = request.param
    if overlay not in _BUILT:
        _BUILT[overlay] = build(overlay, tmp_path_factory.mktemp(overlay) / "k8s")
    return _BUILT[overlay]
