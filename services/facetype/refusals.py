"""What is said of a photo that will not do."""

from services.facetype.face import FaceAnalysis, Outcome
from services.facetype.showcase import Showcase
from shared.errors import PawtraitError, Reason

ADVICE = {
    Outcome.NO_FACE: "no face was found in the photo",
    Outcome.CUT_OFF: "the face leaves the frame: the whole face must be in the photo",
    Outcome.TOO_SMALL: "the face is too small: it must fill more of the photo",
    Outcome.SEVERAL_FACES: "there are several faces in the photo: one must be alone in it",
    Outcome.TURNED_AWAY: "the face is turned away: it must look towards the camera",
    Outcome.NOT_CLASSIFIABLE: "the face is of no type that can be told: choose another photo",
}
"""A sentence for every refused outcome."""


def refusal(analysis: FaceAnalysis, showcase: Showcase) -> PawtraitError:
    """The refusal of a photo, its reason named like the outcome.

    Args:
        analysis: of an outcome that is not OK.
    """
    outcome = analysis.outcome
    metadata = {"face_probability": f"{analysis.face_probability:.4f}"}
    if url := showcase.example_url(outcome):
        metadata["example_url"] = url
    return PawtraitError(Reason(outcome.value), ADVICE[outcome], metadata)
