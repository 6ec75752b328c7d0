"""Use cases of the connection test: one transaction each, and its timers."""
