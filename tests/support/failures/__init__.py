"""Failures of a run, shown at once."""
