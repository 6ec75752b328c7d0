"""Connection test: camera, microphone and network before a video appointment."""
