"""Use cases and timers of the video rooms, one transaction each."""
