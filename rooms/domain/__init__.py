"""Pure rules and types of the video rooms. No clock, no SQL, no sockets."""
