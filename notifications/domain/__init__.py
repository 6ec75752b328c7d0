"""Pure rules and types of notifications. No clock, no SQL, no sockets."""
