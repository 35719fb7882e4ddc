"""Breed, ears, fur and pattern of a dog, read from its photo."""
