"""Long work in the background, on a queue in PostgreSQL (procrastinate): it survives whoever does it."""
