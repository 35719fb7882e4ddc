"""PostgreSQL: the one that comes with the system, connection pools, and migrations. Knows no tables."""
