"""Dialogue about an appointment that exists, and about the waitlist. Pure."""
