"""People who work here: accounts, sign-in, sessions, keys for programs, and their console."""
