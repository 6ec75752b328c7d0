"""Sockets and pushes of the video rooms."""
