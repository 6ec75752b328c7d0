"""Outbox rows that the queue writes."""
