"""The list of the built-in pack's layer files and what each one holds."""

from services.icon.artwork import coats, ears, faces, heads, patterns
from services.icon.artwork.draw import clip, path
from shared.vocabulary import Ear, Fur, HeadShape, Pattern

_DISC = '<circle cx="256" cy="256" r="250"{}/>'


def layers() -> dict[str, str]:
    """Every layer file of the pack, by name relative to the pack; colours are placeholders."""
    out = {"backdrop.svg": _DISC.format(' fill="$backdrop_backdrop"')}
    for fur in Fur:
        out[f"body/{fur}.svg"] = coats.body(fur)
        out[f"chest/{fur}.svg"] = coats.bib(fur)
    for head in HeadShape:
        out[f"shading/{head}.svg"] = coats.shading(head)
        out[f"muzzle/{head}.svg"] = faces.muzzle(head)
        out[f"face/{head}.svg"] = faces.face(head)
        out[f"beard/{head}.svg"] = faces.beard(head)
        for fur in Fur:
            out |= _coated(head, fur)
        for pattern in Pattern:
            if pattern is not Pattern.NONE:
                out[f"pattern/{head}-{pattern}.svg"] = patterns.on_head(head, pattern)
    return out


def _coated(head: HeadShape, fur: Fur) -> dict[str, str]:
    outline = heads.outline(head, fur)
    out = {
        f"shadow/{head}-{fur}.svg": coats.cast_shadow(head, fur),
        f"head/{head}-{fur}.svg": path(outline, "$head_base"),
        f"outline/{head}-{fur}.svg": coats.outline(outline),
    }
    if fur is not Fur.SHORT:
        out[f"back-fur/{head}-{fur}.svg"] = coats.back(head, fur)
        out[f"texture/{head}-{fur}.svg"] = coats.texture(head, fur)
    for ear in Ear:
        drawn = ears.outline(head, ear, fur).path()
        out[f"clips/{head}-{ear}-{fur}.svg"] = "<defs>{}</defs>".format(
            "".join(
                [
                    clip("disc", _DISC.format("")),
                    clip("body", path(coats.body_outline(fur))),
                    clip("head", path(outline)),
                    clip("ears", path(drawn), path(drawn, transform="matrix(-1 0 0 1 512 0)")),
                    coats.gradients(),
                ]
            )
        )
        out[f"ears/{head}-{ear}-{fur}.svg"] = ears.drawing(head, ear, fur)
        out[f"ear-spots/{head}-{ear}-{fur}.svg"] = ears.spots(head, ear, fur, patterns.ear_spots(head, ear))
    return out
