"""The face type service: is a whole face there, what type is it, and a profile to keep and share."""
