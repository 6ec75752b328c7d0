"""Use cases of notifications: one transaction each, and the delivery worker."""
