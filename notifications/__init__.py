"""Telling people outside: claims outbox rows, writes letters, hands them to a channel. Knows no feature."""
