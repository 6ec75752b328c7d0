"""The connection test as a process of its own."""
