"""What a vector pack must hold to be loaded."""

from collections.abc import Sequence

import pytest
import yaml

from services.icon.packs.loading import BUILT_IN, built_in_pack
from services.icon.packs.vector import VectorPack
from services.icon.sources import FolderSource


class Altered:
    """The built-in pack with some of its files replaced or left out."""

    def __init__(self, **files: str | None) -> None:
        self._own = FolderSource(BUILT_IN)
        self._files = {
            name.replace("__", "/") + (".yaml" if name == "manifest" else ".svg"): v
            for name, v in files.items()
        }

    def list(self) -> Sequence[str]:
        return [name for name in self._own.list() if self._files.get(name, "") is not None]

    def read(self, name: str) -> bytes:
        content = self._files.get(name)
        if content is None:
            return self._own.read(name)
        return content.encode()


def _manifest(**changes: object) -> str:
    whole = yaml.safe_load((BUILT_IN / "manifest.yaml").read_text())
    return yaml.safe_dump({**whole, **changes})


def test_the_built_in_pack_loads() -> None:
    assert VectorPack(Altered()).style == built_in_pack().style == "classic-v1"


def test_another_style_can_stand_beside_it() -> None:
    assert VectorPack(Altered(manifest=_manifest(style="other-v2"))).parts().style == "other-v2"


@pytest.mark.parametrize(
    "drawing",
    [
        "<script>alert(1)</script>",
        '<g onload="alert(1)"/>',
        '<image href="http://example.org/a.png"/>',
        '<use xlink:href="other.svg#a"/>',
        '<path fill="url(http://example.org/#a)"/>',
        "<foreignObject/>",
    ],
)
def test_a_layer_only_draws(drawing: str) -> None:
    with pytest.raises(ValueError, match="must not hold"):
        VectorPack(Altered(backdrop=drawing))


def test_an_unknown_placeholder_is_named() -> None:
    with pytest.raises(ValueError, match="wing_base"):
        VectorPack(Altered(backdrop='<circle fill="$wing_base"/>'))


def test_a_missing_layer_is_named() -> None:
    with pytest.raises(ValueError, match=r"face/round\.svg"):
        VectorPack(Altered(face__round=None))


@pytest.mark.parametrize(
    "changes",
    [
        {"style": "no version"},
        {"palettes": {}},
        {"kind": "raster"},
        {"colour": 3},
        {"layers": [{"name": "x"}]},
    ],
)
def test_a_manifest_that_does_not_hold(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"does not hold|no palette"):
        VectorPack(Altered(manifest=_manifest(**changes)))


def test_a_manifest_that_is_no_yaml() -> None:
    with pytest.raises(ValueError, match="does not hold"):
        VectorPack(Altered(manifest="{"))
