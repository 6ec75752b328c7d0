"""Use cases of the connection test, each in a single transaction, and its timers."""
