"""Pure rules and types of the notifications. No clock, no SQL, no sockets."""
