"""Trying camera, microphone and network before a video appointment: what was measured and what it means."""
