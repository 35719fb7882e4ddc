"""Settings of the face-colour service."""

from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class FaceColorSettings(ServiceSettings):
    """Environment variables begin with ``FACECOLOR_``."""

    model_config = SettingsConfigDict(env_prefix="FACECOLOR_", extra="ignore")

    port: int = 50052
    model_folder: Path = Path(__file__).parent / "model"
    """Folder of the networks."""
    detector: Literal["onnx", "dlib"] = "onnx"
    """Which head detector answers: the one that ships, or dlib's (extra ``dlib``)."""
    dlib_model: Path | None = None
    """Path of dlib's ``dogHeadDetector.dat``; needed for ``FACECOLOR_DETECTOR=dlib``."""

    @model_validator(mode="after")
    def _dlib_needs_its_model(self) -> Self:
        if self.detector == "dlib" and self.dlib_model is None:
            raise ValueError(
                "FACECOLOR_DETECTOR=dlib needs FACECOLOR_DLIB_MODEL: path of dogHeadDetector.dat"
            )
        return self
