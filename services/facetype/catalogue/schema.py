"""What a ``catalogue.yaml`` says.

Types are told apart by attributes (how long the muzzle is, how the ears are carried). Each part of a face
shows some attributes and not others; :mod:`services.facetype.catalogue.labels` derives from that which
types a part can tell apart at all.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.facetype.catalogue.labels import label_of, labels_of
from services.facetype.face import Outcome, Part

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=60)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Values = Annotated[tuple[Identifier, ...], Field(min_length=1)]

PEOPLE = "people"
"""The subject whose faces may be processed with the person's consent only."""
PICTURE_SUFFIXES = (".png", ".jpg", ".webp")


class Language(StrEnum):
    """A language that people are addressed in."""

    EN = "en"
    KO = "ko"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Texts(_Strict):
    """The same words in every language."""

    en: Text
    ko: Text

    def of(self, language: Language) -> str:
        """The words in ``language``."""
        return self.ko if language is Language.KO else self.en


class CardLines(_Strict):
    """The two lines of a card in every language."""

    en: tuple[Text, Text]
    ko: tuple[Text, Text]

    def of(self, language: Language) -> tuple[str, str]:
        """The lines in ``language``."""
        return self.ko if language is Language.KO else self.en


class FaceType(_Strict):
    """A type of face."""

    id: Identifier
    attributes: Mapping[Identifier, Values]
    """What makes the type: attribute → the values that it may have. An attribute left out may be anything."""
    name: Texts
    description: Texts
    """Paragraphs, parted by an empty line."""
    card_lines: CardLines | None = None
    """What a card says below the name. None: the first sentence of each of the first two paragraphs."""
    common_breeds: tuple[Identifier, ...] = ()
    """Where the type is common, by identifier; empty where the word means nothing."""

    def lines_of_card(self, language: Language) -> tuple[str, str]:
        """The two lines of a card in ``language``; the second may be empty."""
        if self.card_lines is not None:
            return self.card_lines.of(language)
        first, *rest = (_sentence(text) for text in self.description.of(language).split("\n\n"))
        return first, rest[0] if rest else ""

    def shown_by(self, attributes: Mapping[str, str]) -> bool:
        """Whether a face with these attributes is of this type."""
        return all(attributes.get(name) in values for name, values in self.attributes.items())


class Catalogue(_Strict):
    """A catalogue folder: ``catalogue.yaml``, ``gallery/<type>/``, ``parts.onnx``, ``types.onnx``, cards."""

    folder: Path
    """Where it was loaded from."""
    id: Identifier
    version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.]+$")]
    subject: Identifier
    """Whose faces these are; ``people`` demands consent."""
    attributes: Mapping[Identifier, Values]
    """Attribute → the values that it can have."""
    parts: Mapping[Part, Annotated[tuple[Identifier, ...], Field(min_length=1)]]
    """Part → the attributes that it shows."""
    types: Annotated[tuple[FaceType, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for part in Part:
            if part not in self.parts:
                raise ValueError(f"parts.{part}: missing; every part needs the attributes that it shows")
        for part, shown in self.parts.items():
            for attribute in shown:
                if attribute not in self.attributes:
                    raise ValueError(f"parts.{part}: unknown attribute {attribute}")
        seen: set[str] = set()
        for face_type in self.types:
            where = f"types.{face_type.id}"
            if face_type.id in seen:
                raise ValueError(f"{where}: there are two types of this id")
            seen.add(face_type.id)
            for attribute, values in face_type.attributes.items():
                if attribute not in self.attributes:
                    raise ValueError(f"{where}.attributes: unknown attribute {attribute}")
                for value in values:
                    if value not in self.attributes[attribute]:
                        raise ValueError(f"{where}.attributes.{attribute}: unknown value {value}")
        if len(self.labels(Part.WHOLE)) < len(self.types):
            merged = [label for label in self.labels(Part.WHOLE) if label not in seen]
            raise ValueError(
                f"parts.whole: what the whole face shows does not tell apart {', '.join(merged)}"
            )
        return self

    @property
    def label(self) -> str:
        """Identifier and version, for logs and answers."""
        return f"{self.id}-{self.version}"

    @property
    def needs_consent(self) -> bool:
        """Whether a person has to agree before a face is processed."""
        return self.subject == PEOPLE

    @property
    def type_ids(self) -> tuple[str, ...]:
        """The types in the order of the catalogue."""
        return tuple(face_type.id for face_type in self.types)

    @property
    def parts_model(self) -> Path:
        """The detector of parts."""
        return self.folder / "parts.onnx"

    @property
    def types_model(self) -> Path:
        """The reader of parts, with the way their votes are fused in its metadata."""
        return self.folder / "types.onnx"

    def type(self, type_id: str) -> FaceType:
        """The type of that id.

        Raises:
            KeyError: there is none.
        """
        for face_type in self.types:
            if face_type.id == type_id:
                return face_type
        raise KeyError(type_id)

    def labels(self, part: Part) -> dict[str, tuple[str, ...]]:
        """Label → the types it stands for, of a part: the classes of types that it can tell apart."""
        return labels_of({kind.id: kind.attributes for kind in self.types}, self.parts[part])

    def label_of(self, part: Part, name: str) -> str:
        """The label under which ``part`` files a type; a label is filed under itself.

        Raises:
            KeyError: ``name`` is neither a type nor a label of that part.
        """
        return label_of(self.labels(part), name)

    def type_of(self, attributes: Mapping[str, str]) -> str:
        """The one type that has these attributes.

        Raises:
            ValueError: no type has them, or several.
        """
        fitting = [kind.id for kind in self.types if kind.shown_by(attributes)]
        if len(fitting) != 1:
            raise ValueError(f"{dict(attributes)} makes {' and '.join(fitting) or 'no type'}")
        return fitting[0]

    def gallery(self, type_id: str) -> list[Path]:
        """The pictures of a type, by name; empty where there are none."""
        folder = self.folder / "gallery" / self.type(type_id).id
        if not folder.is_dir():
            return []
        return sorted(path for path in folder.iterdir() if path.suffix in PICTURE_SUFFIXES)

    def example(self, outcome: Outcome) -> Path | None:
        """A picture of what would do instead of a photo refused so: ``examples/<outcome>.png`` or such."""
        named = (self.folder / "examples" / f"{outcome.value.lower()}{suffix}" for suffix in PICTURE_SUFFIXES)
        return next((path for path in named if path.is_file()), None)


def _sentence(paragraph: str) -> str:
    """The first sentence of a paragraph, its line breaks undone."""
    words = " ".join(paragraph.split())
    end = words.find(". ")
    return words if end < 0 else words[: end + 1]
