"""Middleware and pages that belong to no feature."""
