"""Profiles as they are kept: their rows, the objects that go with them, and what they are checked for."""
