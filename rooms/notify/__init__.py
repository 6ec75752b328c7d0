"""Outbox rows about video rooms."""
