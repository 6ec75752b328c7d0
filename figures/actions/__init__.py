"""Nightly work of the figures."""
