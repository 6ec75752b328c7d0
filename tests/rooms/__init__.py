"""The rooms: rules, views, sessions, use cases and sockets."""
