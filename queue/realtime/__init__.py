"""Sockets and pushes of the queue."""
