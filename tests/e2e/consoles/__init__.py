"""Consoles of staff in a real browser."""
