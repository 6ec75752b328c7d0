"""Simulated days of a line: plan, engine, chart."""
