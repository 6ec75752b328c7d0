"""Use cases of the staff accounts and consoles: one transaction each, and its timers."""
