"""Use cases of management: one transaction each, with its audit entry."""
