"""Outbox rows of appointments, written in the transaction of their cause."""
