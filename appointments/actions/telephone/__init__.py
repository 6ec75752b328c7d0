"""Use cases of appointments by telephone."""
