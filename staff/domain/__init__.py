"""Pure rules and types of the staff accounts and consoles. No clock, no SQL, no sockets."""
