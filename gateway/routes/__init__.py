"""The calls of the REST interface, one module a subject."""
