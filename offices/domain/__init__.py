"""Pure rules and types of offices. No clock, no SQL, no sockets."""
