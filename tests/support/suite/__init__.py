"""Plugins of the suite: choice, order and concurrency of tests, and their cost."""
