"""Rules and types of appointments. Pure: no clock, no SQL, no sockets."""
