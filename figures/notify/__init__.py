"""Outbox rows of figures."""
