"""Keys that callers of the API show, what each may do, and who is asked for one."""
