"""Use cases of the video rooms: one transaction each, and its timers."""
