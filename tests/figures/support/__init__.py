"""A day of an office through the real actions, and SQL that is written independently."""
