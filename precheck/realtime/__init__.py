"""Sockets and pushes of the connection test."""
