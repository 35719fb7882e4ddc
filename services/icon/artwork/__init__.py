"""The drawing of the built-in pack: run ``python -m services.icon.artwork`` to write its layers."""
