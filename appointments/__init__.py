"""Appointments: the offices' agenda, from the first free time to the visit."""
