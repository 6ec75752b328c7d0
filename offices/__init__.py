"""Offices, their lines, services, desks and hours: what everything else is about."""
