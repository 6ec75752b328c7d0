"""Replies to a message that the grammar doubts or does not know. Pure."""
