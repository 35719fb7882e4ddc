"""What the demonstration says at the terminal."""

from shared.launcher.demo import describe_face


def test_a_face_has_its_type() -> None:
    face = {"type": "bearded", "advice": None, "probabilities": {"bearded": 0.874, "drop_eared": 0.126}}
    assert describe_face(face) == "Face type bearded (87%)"


def test_a_refused_photo_has_advice() -> None:
    face = {"type": None, "advice": "Choose a photo with the whole face.", "probabilities": {}}
    assert describe_face(face) == "Face type: Choose a photo with the whole face."
