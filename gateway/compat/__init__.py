"""The older clients' calls, over the same code as ``/v1``."""
