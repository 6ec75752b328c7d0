"""Offices with their lines, services, desks and hours. Imports no other feature."""
