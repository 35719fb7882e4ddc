"""Starts the whole system on one machine and keeps it running. ``python -m shared.launcher``."""
