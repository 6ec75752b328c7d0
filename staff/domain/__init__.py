"""Pure rules and types of staff accounts. No clock, no SQL, no sockets."""
