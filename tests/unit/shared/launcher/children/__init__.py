"""Tiny programs for the supervisor to look after. What they do is told by the environment."""
