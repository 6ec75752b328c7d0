"""Answers to questions of citizens: offices, services, opening hours, waits. Pure."""
