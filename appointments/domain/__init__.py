"""Pure rules and types of the appointments. No clock, no SQL, no sockets."""
