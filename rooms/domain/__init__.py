"""Pure rules and types of the video rooms. No clock, SQL or sockets."""
