"""Simulated days of an office: plan, state, engine, chart."""
