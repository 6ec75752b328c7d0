"""Use cases of the appointments: one transaction each, and its timers."""
