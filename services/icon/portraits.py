"""Portraits of dogs that never were: ``python -m services.icon.portraits OUT_FOLDER``.

Without options the six portraits of ``tests/portraits`` are painted. ``--count N --seed S`` paints N
random ones. Each folder gets a ``portraits.yaml`` that lists every file with its true traits and the
box of its head. The same seed gives the same dogs.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.random import Generator
from numpy.typing import NDArray

from services.icon.painting import camera, scene
from services.icon.painting.anatomy import Pose
from services.icon.painting.dog import Painter
from services.icon.painting.easel import Easel, Light
from services.icon.painting.scene import Scene
from services.icon.painting.subject import Subject
from shared.geometry import Box
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

LABELS = "portraits.yaml"


@dataclass(frozen=True)
class Portrait:
    """A painted photo and what is true of it."""

    photo: NDArray[np.uint8]
    """Shape (height, width, 3), RGB."""
    subject: Subject
    head: Box


# The portraits that ship: name, seed, scene and dog.
SHIPPED: tuple[tuple[str, int, Scene, Subject], ...] = (
    (
        "tan_pricked", 11, Scene.GARDEN,
        Subject(Ear.UP, Fur.SHORT, Pattern.MUZZLE, Colour.TAN, Colour.BLACK, HeadShape.ROUND, False),
    ),
    (
        "black_and_white", 12, Scene.BEACH,
        Subject(Ear.DOWN, Fur.SHORT, Pattern.BLAZE, Colour.BLACK, Colour.WHITE, HeadShape.ROUND, False),
    ),
    (
        "cream_long", 13, Scene.FOREST,
        Subject(Ear.DOWN, Fur.LONG, Pattern.NONE, Colour.CREAM, Colour.CREAM, HeadShape.LONG, False),
    ),
    (
        "brown_curly", 14, Scene.SOFA,
        Subject(Ear.DOWN, Fur.CURLY, Pattern.NONE, Colour.BROWN, Colour.BROWN, HeadShape.ROUND, False),
    ),
    (
        "white_terrier", 15, Scene.GARDEN,
        Subject(Ear.UP, Fur.LONG, Pattern.NONE, Colour.WHITE, Colour.WHITE, HeadShape.ROUND, True),
    ),
    (
        "red_and_white", 21, Scene.ROOM,
        Subject(Ear.DOWN, Fur.SHORT, Pattern.EAR_PATCH, Colour.WHITE, Colour.RED, HeadShape.FLAT, False),
    ),
)  # fmt: skip


def painted(
    seed: int, subject: Subject | None = None, where: Scene | None = None, size: tuple[int, int] = (800, 600)
) -> Portrait:
    """Paint one portrait.

    Args:
        seed: decides everything that is not given; the same seed paints the same picture.
        subject: the dog; random when None.
        where: the background; random when None.
        size: width and height in pixels.

    """
    rng = np.random.default_rng(seed)
    dog = subject or random_subject(rng)
    width, height = size
    unit = min(width, height) / 600
    pose = Pose(
        width,
        height,
        x=width * float(rng.uniform(0.38, 0.62)),
        y=height * float(rng.uniform(0.42, 0.52)),
        scale=unit * float(rng.uniform(0.75, 1.3)),
        yaw=float(rng.uniform(-20, 20)),
        roll=float(rng.uniform(-10, 10)),
    )
    direction = (
        float(rng.choice((-1, 1)) * rng.uniform(0.15, 0.7)),
        -float(rng.uniform(0.4, 0.9)),
        float(rng.uniform(0.7, 1.1)),
    )
    light = Light(
        direction, float(rng.uniform(0.5, 0.72)), float(rng.uniform(0.45, 0.62)), float(rng.uniform(-0.3, 1))
    )
    picture = scene.painted(rng, where or list(Scene)[rng.integers(len(Scene))], width, height)
    box = Painter(dog, Easel(rng, pose, light, picture)).paint()
    return Portrait(camera.developed(rng, picture), dog, box)


def random_subject(rng: Generator) -> Subject:
    """A dog with traits drawn at random, none much rarer than the others."""
    pattern = Pattern(str(rng.choice([str(p) for p in Pattern])))
    colours = [str(colour) for colour in Colour]
    primary = Colour(str(rng.choice(colours)))
    if pattern is Pattern.POINTS:
        primary = Colour.BLACK if rng.random() < 0.7 else Colour.BROWN
        secondary = Colour.TAN if rng.random() < 0.7 else Colour.RED
    elif pattern is Pattern.NONE:
        secondary = primary
    else:
        secondary = Colour(str(rng.choice([name for name in colours if name != primary])))
        if pattern is Pattern.BLAZE and rng.random() < 0.7 and primary not in (Colour.WHITE, Colour.CREAM):
            secondary = Colour.WHITE
        if pattern in (Pattern.EAR_PATCH, Pattern.SPOTTED) and rng.random() < 0.6:
            primary = Colour.WHITE
            secondary = Colour(str(rng.choice([name for name in colours if name not in ("white", "cream")])))
    fur = Fur(str(rng.choice([str(f) for f in Fur])))
    return Subject(
        ear=Ear(str(rng.choice([str(e) for e in Ear]))),
        fur=fur,
        pattern=pattern,
        primary=primary,
        secondary=secondary,
        head=HeadShape(str(rng.choice([str(h) for h in HeadShape]))),
        beard=bool(rng.random() < (0.1 if fur is Fur.SHORT else 0.3)),
    )


def _label(file: str, portrait: Portrait) -> dict[str, Any]:
    dog, box = portrait.subject, portrait.head
    return {
        "file": file,
        "ear": str(dog.ear),
        "fur": str(dog.fur),
        "pattern": str(dog.pattern),
        "primary": str(dog.primary),
        "secondary": str(dog.secondary),
        "head": str(dog.head),
        "beard": dog.beard,
        "head_box": {
            "x_min": round(box.x_min, 4),
            "y_min": round(box.y_min, 4),
            "x_max": round(box.x_max, 4),
            "y_max": round(box.y_max, 4),
        },
    }


def write(folder: Path, count: int | None, seed: int, size: tuple[int, int]) -> list[Path]:
    """Paint portraits into a folder and list them in its ``portraits.yaml``."""
    folder.mkdir(parents=True, exist_ok=True)
    files, labels = [], []
    for i in range(len(SHIPPED) if count is None else count):
        if count is None:
            name, own_seed, where, subject = SHIPPED[i]
            portrait = painted(own_seed, subject, where, size)
        else:
            name, portrait = f"portrait_{seed}_{i:05d}", painted(seed * 1_000_003 + i, size=size)
        file = folder / f"{name}.jpg"
        file.write_bytes(camera.jpeg(portrait.photo, 86))
        files.append(file)
        labels.append(_label(file.name, portrait))
    (folder / LABELS).write_text(yaml.safe_dump(labels, sort_keys=False))
    return files


def main() -> None:
    """Parse the command line and paint."""
    parser = argparse.ArgumentParser(description="Paint portraits of dogs.")
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--count", type=int, help="paint so many random portraits instead of the six that ship"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, nargs=2, default=(800, 600), metavar=("WIDTH", "HEIGHT"))
    arguments = parser.parse_args()
    files = write(arguments.folder, arguments.count, arguments.seed, (arguments.size[0], arguments.size[1]))
    print(f"{len(files)} portraits in {arguments.folder}")


if __name__ == "__main__":
    main()
