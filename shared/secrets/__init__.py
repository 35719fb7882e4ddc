"""Keys in a file outside the database, fields encrypted under them, and tokens that are kept as hashes."""
