"""Use cases of the notifications: one transaction each, and its timers."""
