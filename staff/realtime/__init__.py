"""Sockets and pushes of the staff accounts and consoles."""
