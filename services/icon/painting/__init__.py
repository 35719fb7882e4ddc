"""Painted portraits of dogs: the icons' heads grown into pictures with light, fur and background."""
