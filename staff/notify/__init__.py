"""Outbox rows of staff/: pushes to devices of its people."""
