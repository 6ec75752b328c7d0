"""Failures of a run, shown at once, and repetition of tests that fail by chance."""
