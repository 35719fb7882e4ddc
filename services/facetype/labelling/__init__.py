"""Boxes of the parts of a face made from boxes of heads and noses, and how good they are."""
