"""Use cases of the queue: one transaction each, and its timers."""
