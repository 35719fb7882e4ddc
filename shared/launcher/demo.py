"""``make demo PHOTO=dog.jpg``: one photo through the whole system, the icon into a file."""

import argparse
import sys
from pathlib import Path
from typing import Any

import httpx

from shared.launcher.system import running_system

PORTRAIT = Path(__file__).resolve().parents[2] / "tests" / "portraits"
OUT = Path("out")


def main() -> int:
    """Run the demonstration; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", type=Path, help="a photo of a dog; default: a painted portrait")
    photo: Path = parser.parse_args().photo or sorted(PORTRAIT.glob("*.jpg"))[0]
    if not photo.is_file():
        print(f"There is no file {photo}", file=sys.stderr)
        return 1
    print(f"Photo: {photo}\nStarting the services …", flush=True)
    with running_system() as system, httpx.Client(base_url=system.url, timeout=30) as client:
        files = {"photo": (photo.name, photo.read_bytes())}
        answer = client.post("/v1/icons/from-photo", files=files)
        body = answer.json()
        if answer.is_error:
            print(f"{body['title']}: {body['detail']} ({body['reason']})", file=sys.stderr)
            return 1
        icon = client.get(body["icon"]["url"]).raise_for_status().content
        face = client.post("/v1/faces/analyze", files=files).raise_for_status().json()
    OUT.mkdir(exist_ok=True)
    target = OUT / f"{photo.stem}-icon.{body['icon']['format']}"
    target.write_bytes(icon)
    print(describe(body))
    print(describe_face(face))
    print(f"Icon: {target}")
    return 0


def describe(body: dict[str, Any]) -> str:
    """What was found, in lines for a terminal."""
    lines = []
    if traits := body.get("traits"):
        for breed in traits["breed"]["top"]:
            lines.append(f"  {breed['probability']:6.1%}  {breed['name']}")
        lines.append(
            "Ears {ear}, fur {fur}, pattern {pattern}".format(
                **{
                    part: f"{traits[part]['value']} ({traits[part]['probability']:.0%})"
                    for part in ("ear", "fur", "pattern")
                }
            )
        )
    if colours := body.get("face_colors"):
        for name in ("primary", "secondary"):
            if swatch := colours[name]:
                lines.append(f"{name.capitalize()} colour {swatch['name']} {swatch['hex']}")
    if body["partial"]:
        lines.append("Did not answer: " + ", ".join(body["partial"]))
    return "\n".join(lines)


def describe_face(face: dict[str, Any]) -> str:
    """The type of the face, or what to do better, in a line for a terminal."""
    if face["type"] is None:
        return f"Face type: {face['advice']}"
    return f"Face type {face['type']} ({face['probabilities'][face['type']]:.0%})"


if __name__ == "__main__":
    sys.exit(main())
