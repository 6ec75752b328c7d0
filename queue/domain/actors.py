"""Actors of changes, as stored in the columns `actor` of the event tables."""

from __future__ import annotations

CITIZEN_ACTOR = "citizen"
TIMER_ACTOR = "timer"
APPOINTMENT_ACTOR = "appointment"  # a ticket ends with its appointment
STANDBY_ACTOR = "standby"  # the check that admits standby tickets


def staff_actor(staff_id: str) -> str:
    """Return the actor of a change made by this staff account or API key."""
    return f"staff:{staff_id}"
