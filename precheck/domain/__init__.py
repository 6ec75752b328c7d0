"""Pure rules and types of the connection test. No clock, no SQL, no sockets."""
