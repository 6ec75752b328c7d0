"""Use cases of staff accounts, and password hashing."""
