"""The register of dogs, owners and prints in PostgreSQL, and what keeps it private."""
