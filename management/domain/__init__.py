"""Pure rules and types of management. No clock, no SQL, no sockets."""
