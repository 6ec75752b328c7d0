"""Pure rules and types of the queue. No clock, no SQL, no sockets."""
