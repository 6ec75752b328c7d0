"""Outbox rows that the appointments writes."""
