"""Figures of the face type service on photos that nothing was trained on."""
